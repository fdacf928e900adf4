// Reads a GLB with glTF-Transform and prints what it holds: counts, and sums over positions and morph targets.
//
// node reader.mjs <node_modules> <file>

import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, file] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'none.js'));
const { NodeIO } = require('@gltf-transform/core');
const { ALL_EXTENSIONS } = require('@gltf-transform/extensions');
const { MeshoptDecoder } = await import(path.join(modules, 'meshoptimizer', 'index.js'));
await MeshoptDecoder.ready;

const io = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({
	'meshopt.decoder': MeshoptDecoder,
	'draco3d.decoder': await require('draco3d').createDecoderModule(),
});
const root = (await io.read(file)).getRoot();
const sum = (accessor) => accessor.getArray().reduce((total, value) => total + value, 0);
const primitives = root.listMeshes().flatMap((mesh) => mesh.listPrimitives());
console.log(JSON.stringify({
	triangles: primitives.map((primitive) => primitive.getIndices().getCount() / 3),
	positions: primitives.map((primitive) => sum(primitive.getAttribute('POSITION'))),
	targets: primitives.map((primitive) => primitive.listTargets().map((target) => sum(target.getAttribute('POSITION')))),
	weights: primitives.map((primitive) => sum(primitive.getAttribute('WEIGHTS_0'))),
}));
