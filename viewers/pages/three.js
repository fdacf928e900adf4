import * as THREE from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { DRACOLoader } from 'three/addons/loaders/DRACOLoader.js';
import { KTX2Loader } from 'three/addons/loaders/KTX2Loader.js';
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js';
import { RoomEnvironment } from 'three/addons/environments/RoomEnvironment.js';

const FACES = ['jawOpen', 'mouthSmile', 'mouthSmileLeft', 'eyeBlinkLeft', 'viseme_O', 'Fcl_ALL_Joy', 'A'];
const ARMS = /^(mixamorig:?)?LeftArm$|LeftUpperArm|J_Bip_L_UpperArm|upperarm_l/i;

const renderer = new THREE.WebGLRenderer({
	canvas: document.getElementById('canvas'), preserveDrawingBuffer: true, antialias: true,
});
const loader = new GLTFLoader()
	.setDRACOLoader(new DRACOLoader().setDecoderPath('/modules/three/examples/jsm/libs/draco/gltf/'))
	.setKTX2Loader(new KTX2Loader().setTranscoderPath('/modules/three/examples/jsm/libs/basis/').detectSupport(renderer))
	.setMeshoptDecoder(MeshoptDecoder);

function plain() {
	renderer.setSize(256, 384);
	renderer.toneMapping = THREE.NoToneMapping;
	renderer.shadowMap.enabled = false;
}

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
	plain();
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
	dispose(meshes);
	return answer;
};

function dispose(meshes) {
	for (const mesh of meshes) {
		mesh.geometry.dispose();
		for (const value of Object.values(mesh.material)) if (value?.isTexture) value.dispose();
	}
}

// Pictures of one model, side by side in one PNG: {width, height, shots: [{framing, azimuth, morphs, joints}]}.
// framing: body, bust or face; azimuth in degrees, to the avatar's left; joints: local quaternions by name.
window.shoot = async (url, { width, height, shots }) => {
	const gltf = await loader.loadAsync(url);
	const scene = studio();
	scene.add(gltf.scene);
	const meshes = [];
	const joints = {};
	gltf.scene.traverse((object) => {
		if (object.isMesh) {
			meshes.push(object);
			object.frustumCulled = false;
			object.castShadow = object.receiveShadow = true;
		}
		if (object.isBone) joints[object.name] = object;
	});
	const rest = Object.fromEntries(Object.entries(joints).map(([name, bone]) => [name, bone.quaternion.clone()]));
	const strip = document.createElement('canvas');
	strip.width = width * shots.length;
	strip.height = height;
	const paper = strip.getContext('2d');
	renderer.setSize(width, height);
	renderer.toneMapping = THREE.NeutralToneMapping;
	renderer.shadowMap.enabled = true;
	renderer.shadowMap.type = THREE.PCFShadowMap;
	for (const [number, shot] of shots.entries()) {
		for (const [name, bone] of Object.entries(joints)) bone.quaternion.copy(rest[name]);
		for (const [name, turn] of Object.entries(shot.joints ?? {})) joints[name]?.quaternion.fromArray(turn);
		for (const mesh of meshes) {
			for (const [name, at] of Object.entries(mesh.morphTargetDictionary ?? {})) {
				mesh.morphTargetInfluences[at] = shot.morphs?.[name] ?? 0;
			}
		}
		gltf.scene.updateMatrixWorld(true);
		renderer.render(scene, cameraFor(shot, meshes, joints, width / height));
		paper.drawImage(renderer.domElement, number * width, 0);
	}
	dispose(meshes);
	return { png: strip.toDataURL('image/png') };
};

function studio() {
	const scene = new THREE.Scene();
	const maker = new THREE.PMREMGenerator(renderer);
	scene.environment = maker.fromScene(new RoomEnvironment(), 0.04).texture;
	scene.environmentIntensity = 0.55;
	maker.dispose();
	scene.background = new THREE.Color(0xd5d9de);
	const key = new THREE.DirectionalLight(0xfff4e8, 2.2);
	key.position.set(1.5, 3.2, 3);
	key.target.position.set(0, 1, 0);
	key.castShadow = true;
	key.shadow.mapSize.set(2048, 2048);
	key.shadow.normalBias = 0.006;
	Object.assign(key.shadow.camera, { left: -1.3, right: 1.3, top: 1.3, bottom: -1.3, near: 0.5, far: 8 });
	const rim = new THREE.DirectionalLight(0xdfe8ff, 1.4);
	rim.position.set(-2, 2.5, -2.5);
	scene.add(key, key.target, rim);
	return scene;
}

function cameraFor(shot, meshes, joints, aspect) {
	const place = (name) => joints[name]?.getWorldPosition(new THREE.Vector3());
	const box = new THREE.Box3();
	for (const mesh of meshes) {
		if (mesh.isSkinnedMesh) mesh.computeBoundingBox();
		const own = mesh.isSkinnedMesh ? mesh.boundingBox.clone() : new THREE.Box3().setFromObject(mesh);
		box.union(mesh.isSkinnedMesh ? own.applyMatrix4(mesh.matrixWorld) : own);
	}
	const size = box.getSize(new THREE.Vector3());
	let centre = box.getCenter(new THREE.Vector3());
	let tall = Math.max(size.y, size.x / aspect, size.z / aspect) * 1.06;
	const head = place('Head');
	const crown = place('HeadTop_End');
	if (shot.framing !== 'body' && head && crown) {
		const skull = crown.y - head.y;
		tall = skull * (shot.framing === 'face' ? 2.1 : 3.4);
		centre = new THREE.Vector3(head.x, head.y + skull * (shot.framing === 'face' ? 0.35 : 0.05), head.z);
	}
	const camera = new THREE.PerspectiveCamera(20, aspect, 0.05, 50);
	const far = tall / 2 / Math.tan(Math.PI / 18);
	const angle = (shot.azimuth ?? 0) * Math.PI / 180;
	camera.position.set(centre.x + Math.sin(angle) * far, centre.y, centre.z + Math.cos(angle) * far);
	camera.lookAt(centre);
	return camera;
}

window.ready = true;
