// @pixiv/three-vrm: reads a VRM, makes faces, looks about, shakes its head and lets the springs follow.
import * as THREE from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { VRMLoaderPlugin } from '@pixiv/three-vrm';

const renderer = new THREE.WebGLRenderer({
	canvas: document.getElementById('canvas'), preserveDrawingBuffer: true, antialias: true,
});
const loader = new GLTFLoader();
loader.register((parser) => new VRMLoaderPlugin(parser));

window.look = async (url, { width, height, face = null, pose = {} }) => {
	renderer.setSize(width, height);
	const gltf = await loader.loadAsync(url);
	const vrm = gltf.userData.vrm;
	if (!vrm) return { vrm: false };
	const scene = new THREE.Scene();
	scene.background = new THREE.Color(0xd5d9de);
	const sun = new THREE.DirectionalLight(0xffffff, 2.5);
	sun.position.set(1, 2, 3);
	scene.add(vrm.scene, sun, new THREE.AmbientLight(0xffffff, 0.9));
	vrm.scene.traverse((object) => { object.frustumCulled = false; });
	for (const side of ['left', 'right']) {
		const arm = vrm.humanoid.getNormalizedBoneNode(`${side}UpperArm`);
		arm.rotation.z = side === 'left' ? -1.2 : 1.2;
	}
	for (const [bone, turn] of Object.entries(pose)) vrm.humanoid.getNormalizedBoneNode(bone).rotation.set(...turn);
	vrm.update(0);
	vrm.scene.updateMatrixWorld(true);

	const head = vrm.humanoid.getRawBoneNode('head').getWorldPosition(new THREE.Vector3());
	const tall = head.y / 0.88;
	const camera = new THREE.PerspectiveCamera(20, width / height, 0.05, 50);
	const frame = (centre, size) => {
		camera.position.set(centre.x, centre.y, centre.z + size / 2 / Math.tan(Math.PI / 18));
		camera.lookAt(centre);
		camera.updateMatrixWorld();
	};
	const close = head.clone().add(new THREE.Vector3(0, 0.03 * tall, 0));
	const pixels = () => {
		renderer.render(scene, camera);
		const gl = renderer.getContext();
		const data = new Uint8Array(width * height * 4);
		gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
		return data;
	};
	const changed = (first, second) => {
		let count = 0;
		for (let at = 0; at < first.length; at += 4) {
			if (Math.abs(first[at] - second[at]) + Math.abs(first[at + 1] - second[at + 1])
				+ Math.abs(first[at + 2] - second[at + 2]) > 24) count++;
		}
		return count;
	};
	frame(close, 0.22 * tall);
	const still = pixels();
	const moved = {};
	for (const name of Object.keys(vrm.expressionManager.expressionMap)) {
		if (!['happy', 'angry', 'sad', 'surprised', 'relaxed', 'aa', 'ih', 'ou', 'ee', 'oh', 'blink', 'blinkLeft'].includes(name)) continue;
		vrm.expressionManager.setValue(name, 1);
		vrm.update(0);
		moved[name] = changed(still, pixels());
		vrm.expressionManager.setValue(name, 0);
	}
	vrm.update(0);
	const eye = vrm.humanoid.getRawBoneNode('leftEye');
	const before = eye?.getWorldQuaternion(new THREE.Quaternion());
	vrm.lookAt.lookAt(new THREE.Vector3(2, head.y, 2));
	vrm.update(0);
	vrm.scene.updateMatrixWorld(true);
	const gaze = eye ? before.angleTo(eye.getWorldQuaternion(new THREE.Quaternion())) * 180 / Math.PI : null;
	vrm.lookAt.reset();

	// The head is turned at once; what hangs from it comes after.
	const joints = [...(vrm.springBoneManager?.joints ?? [])];
	const heads = joints.map((joint) => joint.bone);
	const relative = () => heads.map((bone) => vrm.humanoid.getRawBoneNode('head').worldToLocal(bone.getWorldPosition(new THREE.Vector3())));
	for (let step = 0; step < 240; step++) vrm.update(1 / 60);
	vrm.scene.updateMatrixWorld(true);
	const hung = relative();
	vrm.humanoid.getNormalizedBoneNode('neck').rotation.set(0, 0.9, 0);
	let swing = 0;
	for (let step = 0; step < 10; step++) {
		vrm.update(1 / 60);
		vrm.scene.updateMatrixWorld(true);
		relative().forEach((place, at) => { swing = Math.max(swing, place.distanceTo(hung[at])); });
	}
	vrm.humanoid.getNormalizedBoneNode('neck').rotation.set(0, 0, 0);
	for (let step = 0; step < 240; step++) vrm.update(1 / 60);
	vrm.scene.updateMatrixWorld(true);
	let settled = 0;
	relative().forEach((place, at) => { settled = Math.max(settled, place.distanceTo(hung[at])); });

	if (face) for (const [name, weight] of Object.entries(face)) vrm.expressionManager.setValue(name, weight);
	vrm.update(0);
	const strip = document.createElement('canvas');
	strip.width = width * 2;
	strip.height = height;
	const paper = strip.getContext('2d');
	frame(close, 0.24 * tall);
	renderer.render(scene, camera);
	paper.drawImage(renderer.domElement, 0, 0);
	frame(new THREE.Vector3(0, tall * 0.52, 0), tall * 1.12);
	renderer.render(scene, camera);
	paper.drawImage(renderer.domElement, width, 0);
	const materials = new Set();
	vrm.scene.traverse((object) => { for (const one of [object.material ?? []].flat()) materials.add(one.type); });
	return {
		vrm: true, meta: vrm.meta, bones: Object.keys(vrm.humanoid.humanBones).filter((bone) => vrm.humanoid.humanBones[bone]),
		expressions: Object.keys(vrm.expressionManager.expressionMap), moved, gaze,
		springs: joints.length, swing, settled, materials: [...materials], png: strip.toDataURL('image/png'),
	};
};

window.ready = true;
