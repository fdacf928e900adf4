// The guest house of native codecs, one request at a time.
//
// Frame, both ways: u32 header length, u32 payload length (little endian), JSON header, payload.
// Request header: {id, op, ...options, parts: [{name, type, bytes}]}; the payload is the parts, one after another.
// ``op`` is "guest.operation": the guest is the module beside this one, loaded by the first request for it.
// Answer header: {id, ...result, parts} or {id, error}. Ends when its input ends, and after any fault of a codec,
// whose memory cannot be trusted then.
//
// node host.mjs <node_modules>

import { createRequire } from 'node:module';
import { readSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

console.log = console.info = console.debug = console.error; // standard output belongs to the frames

const modules = process.argv[2];
const load = (...parts) => import(pathToFileURL(path.join(modules, ...parts)).href);
const require = (name) => createRequire(import.meta.url)(path.join(modules, name));
const guests = new Map([['host', { ping: () => ({}) }]]);

const TYPES = {
	i8: Int8Array, u8: Uint8Array, i16: Int16Array, u16: Uint16Array, i32: Int32Array, u32: Uint32Array,
	f32: Float32Array,
};

async function operation(name) {
	const [guest, verb] = name.split('.');
	if (!guests.has(guest)) {
		const module = await import(new URL(`./${guest}.mjs`, import.meta.url));
		guests.set(guest, await module.default(load, require));
	}
	return guests.get(guest)[verb];
}

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

async function answer({ id, op, ...options }) {
	try {
		const run = await operation(op);
		const { parts: made, ...result } = await run(options);
		send({ id, ...result }, made);
	} catch (error) {
		send({ id, error: String(error?.stack ?? error).slice(0, 2000) });
		process.exit(1);
	}
}

// Fills ``buffer`` from standard input, straight from the pipe; false when that ends before.
function readAll(buffer) {
	for (let offset = 0; offset < buffer.length; ) {
		const count = readSync(0, buffer, offset, buffer.length - offset, null);
		if (count === 0) return false;
		offset += count;
	}
	return true;
}

const lengths = Buffer.alloc(8);
while (readAll(lengths)) {
	const text = Buffer.alloc(lengths.readUInt32LE(0));
	if (!readAll(text)) break;
	const { parts, ...request } = JSON.parse(text.toString('utf8'));
	for (const { name, type, bytes } of parts) {
		request[name] = new TYPES[type](bytes / TYPES[type].BYTES_PER_ELEMENT); // aligned, and the guest's to change
		if (!readAll(Buffer.from(request[name].buffer))) process.exit();
	}
	await answer(request);
}
