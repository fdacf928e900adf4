// The guest house of native codecs: meshoptimizer (WASM) and the Khronos glTF validator, one request at a time.
//
// Frame, both ways: u32 header length, u32 payload length (little endian), JSON header, payload.
// Request header: {id, op, ...options, parts: [{name, type, bytes}]}; the payload is the parts, one after another.
// Answer header: {id, ...result, parts} or {id, error}. Ends when its input ends, and after any fault of a codec,
// whose memory cannot be trusted then.
//
// node sidecar.mjs <node_modules>

import { createRequire } from 'node:module';
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

console.log = console.info = console.debug = console.error; // standard output belongs to the frames

const modules = process.argv[2];
const load = (...parts) => import(pathToFileURL(path.join(modules, ...parts)).href);
const { MeshoptSimplifier } = await load('meshoptimizer', 'meshopt_simplifier.js');
const { MeshoptEncoder } = await load('meshoptimizer', 'meshopt_encoder.js');
await Promise.all([MeshoptSimplifier.ready, MeshoptEncoder.ready]);
let validator;

const TYPES = { u8: Uint8Array, u32: Uint32Array, f32: Float32Array };

const operations = {
	ping: () => ({}),

	simplify: ({ target, error, flags, positions, attributes, width, lock, indices }) => {
		const weights = new Array(width).fill(1);
		const [kept, reached] = MeshoptSimplifier.simplifyWithAttributes(
			indices, positions, 3, attributes, width, weights, lock ?? null, target, error, flags);
		return { error: reached, parts: { indices: kept } };
	},

	simplifySloppy: ({ target, positions, lock, indices }) => {
		const [kept, reached] = MeshoptSimplifier.simplifySloppy(indices, positions, 3, lock ?? null, target, 1e9);
		return { error: reached, parts: { indices: kept } };
	},

	// Triangle order for the vertex cache, vertex order for fetching: remap[old] = new, ~0 for unused vertices.
	reorder: ({ indices }) => {
		const [remap, unique] = MeshoptEncoder.reorderMesh(indices, true, false);
		return { unique, parts: { indices, remap } };
	},

	validate: async ({ data, maxIssues }) => {
		validator ??= createRequire(import.meta.url)(path.join(modules, 'gltf-validator'));
		const report = await validator.validateBytes(data, { maxIssues, format: 'glb', writeTimestamp: false });
		return { version: report.validatorVersion, issues: report.issues };
	},
};

function writeAll(buffer) {
	for (let offset = 0; offset < buffer.length; ) {
		try {
			offset += writeSync(1, buffer, offset);
		} catch (error) {
			if (error.code !== 'EAGAIN') throw error;
		}
	}
}

function send(header, parts = {}) {
	const views = Object.entries(parts).map(([name, array]) => {
		const type = Object.keys(TYPES).find((key) => array instanceof TYPES[key]);
		return { name, type, data: Buffer.from(array.buffer, array.byteOffset, array.byteLength) };
	});
	const described = views.map(({ name, type, data }) => ({ name, type, bytes: data.length }));
	const text = Buffer.from(JSON.stringify({ ...header, parts: described }));
	const lengths = Buffer.alloc(8);
	lengths.writeUInt32LE(text.length, 0);
	lengths.writeUInt32LE(views.reduce((sum, { data }) => sum + data.length, 0), 4);
	writeAll(Buffer.concat([lengths, text, ...views.map(({ data }) => data)]));
}

async function answer(header, payload) {
	const { id, op, parts, ...options } = header;
	let offset = payload.byteOffset;
	for (const { name, type, bytes } of parts) {
		options[name] = new TYPES[type](payload.buffer.slice(offset, offset + bytes)); // a copy: aligned, ours to change
		offset += bytes;
	}
	try {
		const { parts: made, ...result } = await operations[op](options);
		send({ id, ...result }, made);
	} catch (error) {
		send({ id, error: String(error?.stack ?? error).slice(0, 2000) });
		process.exit(1);
	}
}

let held = [];
let size = 0;
let needed = 8;
for await (const chunk of process.stdin) {
	held.push(chunk);
	size += chunk.length;
	while (size >= needed) {
		const buffer = Buffer.concat(held);
		const headerLength = buffer.readUInt32LE(0);
		const total = 8 + headerLength + buffer.readUInt32LE(4);
		held = [buffer];
		needed = total;
		if (size < total) break;
		await answer(JSON.parse(buffer.toString('utf8', 8, 8 + headerLength)), buffer.subarray(8 + headerLength, total));
		held = [buffer.subarray(total)];
		size -= total;
		needed = 8;
	}
}
