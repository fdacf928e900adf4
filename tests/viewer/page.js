import * as THREE from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { DRACOLoader } from 'three/addons/loaders/DRACOLoader.js';
import { KTX2Loader } from 'three/addons/loaders/KTX2Loader.js';
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js';

const FACES = ['jawOpen', 'mouthSmile', 'mouthSmileLeft', 'eyeBlinkLeft', 'viseme_O', 'Fcl_ALL_Joy', 'A'];
const ARMS = /^(mixamorig:?)?LeftArm$|LeftUpperArm|J_Bip_L_UpperArm|upperarm_l/i;

const renderer = new THREE.WebGLRenderer({ canvas: document.getElementById('canvas'), preserveDrawingBuffer: true });
const loader = new GLTFLoader()
	.setDRACOLoader(new DRACOLoader().setDecoderPath('/three/examples/jsm/libs/draco/gltf/'))
	.setKTX2Loader(new KTX2Loader().setTranscoderPath('/three/examples/jsm/libs/basis/').detectSupport(renderer))
	.setMeshoptDecoder(MeshoptDecoder);

function pixels(scene, camera) {
	renderer.render(scene, camera);
	const gl = renderer.getContext();
	const data = new Uint8Array(256 * 384 * 4);
	gl.readPixels(0, 0, 256, 384, gl.RGBA, gl.UNSIGNED_BYTE, data);
	return data;
}

function changed(first, second) {
	let count = 0;
	for (let at = 0; at < first.length; at += 4) {
		if (Math.abs(first[at] - second[at]) + Math.abs(first[at + 1] - second[at + 1])
			+ Math.abs(first[at + 2] - second[at + 2]) > 24) count++;
	}
	return count;
}

window.look = async (url) => {
	const gltf = await loader.loadAsync(url);
	const scene = new THREE.Scene();
	scene.background = new THREE.Color(0x8090a0);
	scene.add(gltf.scene, new THREE.HemisphereLight(0xffffff, 0x808080, 2.5));
	const sun = new THREE.DirectionalLight(0xffffff, 2);
	sun.position.set(1, 2, 3);
	scene.add(sun);
	gltf.scene.updateMatrixWorld(true);

	const box = new THREE.Box3();
	const meshes = [];
	const morphs = new Set();
	const textures = new Set();
	let triangles = 0;
	gltf.scene.traverse((object) => {
		if (!object.isMesh) return;
		object.frustumCulled = false;
		meshes.push(object);
		triangles += (object.geometry.index ?? object.geometry.attributes.position).count / 3;
		for (const name of Object.keys(object.morphTargetDictionary ?? {})) morphs.add(name);
		for (const value of Object.values(object.material)) if (value?.isTexture) textures.add(value);
		if (object.isSkinnedMesh) object.computeBoundingBox();
		box.union((object.isSkinnedMesh ? object.boundingBox : new THREE.Box3().setFromObject(object)).clone()
			.applyMatrix4(object.isSkinnedMesh ? object.matrixWorld : new THREE.Matrix4()));
	});
	const size = box.getSize(new THREE.Vector3());
	const middle = box.getCenter(new THREE.Vector3());
	const camera = new THREE.PerspectiveCamera(20, 256 / 384, size.y / 20, size.y * 20);

	const frame = (centre, height) => {
		camera.position.set(centre.x, centre.y, centre.z + height * 3.2);
		camera.lookAt(centre);
		camera.updateMatrixWorld();
	};
	const face = new THREE.Vector3(middle.x, box.max.y - size.y * 0.08, middle.z);
	frame(face, size.y * 0.2);
	const still = pixels(scene, camera);
	const moved = {};
	for (const name of FACES) {
		const carriers = meshes.filter((mesh) => mesh.morphTargetDictionary?.[name] !== undefined);
		if (!carriers.length) continue;
		for (const mesh of carriers) mesh.morphTargetInfluences[mesh.morphTargetDictionary[name]] = 1;
		moved[name] = changed(still, pixels(scene, camera));
		for (const mesh of carriers) mesh.morphTargetInfluences[mesh.morphTargetDictionary[name]] = 0;
	}
	frame(middle, Math.max(size.y, size.x * 1.5) * 1.05);
	const standing = pixels(scene, camera);
	const png = renderer.domElement.toDataURL('image/png');
	let arm = null;
	gltf.scene.traverse((object) => { if (!arm && ARMS.test(object.name)) arm = object; });
	let posed = null;
	if (arm) {
		arm.rotateX(0.8);
		arm.rotateZ(0.8);
		posed = changed(standing, pixels(scene, camera));
	}
	const drawn = changed(standing, new Uint8Array(standing.length).map((_, at) => standing[at % 4]));
	const broken = [...textures].filter((texture) => !(texture.image?.width > 0)).length;
	const answer = {
		meshes: meshes.length, skinned: meshes.filter((mesh) => mesh.isSkinnedMesh).length, triangles,
		morphs: [...morphs], textures: textures.size, broken, moved, posed, drawn,
		low: box.min.toArray(), high: box.max.toArray(), png,
	};
	for (const mesh of meshes) mesh.geometry.dispose();
	for (const texture of textures) texture.dispose();
	return answer;
};
