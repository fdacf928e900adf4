// @google/model-viewer: the web component that shows a GLB and hands it to AR.
window.show = async (url) => {
	document.querySelector('model-viewer')?.remove();
	const viewer = document.createElement('model-viewer');
	viewer.setAttribute('camera-orbit', '20deg 85deg auto');
	viewer.setAttribute('ar', '');
	const loaded = new Promise((done, failed) => {
		viewer.addEventListener('load', done, { once: true });
		viewer.addEventListener('error', (event) => failed(new Error(event.detail?.type ?? 'error')), { once: true });
	});
	viewer.src = url;
	document.body.append(viewer);
	await loaded;
	await viewer.updateComplete;
	viewer.jumpCameraToGoal();
	await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
	const { x, y, z } = viewer.getDimensions();
	return {
		loaded: viewer.loaded, size: [x, y, z], materials: viewer.model.materials.map((material) => material.name),
		animations: viewer.availableAnimations, png: viewer.toDataURL('image/png'),
	};
};

await customElements.whenDefined('model-viewer');
window.ready = true;
