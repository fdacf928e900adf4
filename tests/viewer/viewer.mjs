// A client that is not ours: three.js in headless Chromium loads GLBs, moves their morphs and a bone, and says what it saw.
//
// node viewer.mjs <node_modules> <folder for the browser>
// Reads {"file": path, "picture": path | null} a line, answers a line of JSON.

import { createServer } from 'node:http';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { pathToFileURL, fileURLToPath } from 'node:url';
import path from 'node:path';

const [modules, folder] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
process.env.TMPDIR = folder; // where the package unpacks its browser, once
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x'; // with the libraries that a bare system lacks (NSS, expat)
const load = async (name, file) => import(pathToFileURL(path.join(modules, name, file)).href);
const chromium = (await load('@sparticuz/chromium', 'build/index.js')).default;
const puppeteer = (await load('puppeteer-core', 'lib/puppeteer/puppeteer-core.js')).default;

const KINDS = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.glb': 'model/gltf-binary' };
let model = null;
const server = createServer((request, response) => {
	const name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
	const file = name.startsWith('/model/') ? model
		: name.startsWith('/three/') ? path.join(modules, 'three', path.normalize(name.slice(6)))
		: path.join(here, name === '/' ? 'page.html' : path.basename(name));
	if (!file || !existsSync(file)) return response.writeHead(404).end();
	response.writeHead(200, { 'Content-Type': KINDS[path.extname(file)] ?? 'application/octet-stream' });
	createReadStream(file).pipe(response);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await puppeteer.launch({
	executablePath: await chromium.executablePath(),
	headless: 'shell',
	args: [
		'--no-sandbox', // as root there is none; it opens files of our own only
		'--disable-dev-shm-usage', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
		'--disable-extensions', '--no-first-run', '--mute-audio',
	],
});
const page = await browser.newPage();
await page.setViewport({ width: 256, height: 384 });
const said = [];
page.on('console', (message) => { if (['error', 'warn'].includes(message.type())) said.push(message.text()); });
page.on('pageerror', (error) => said.push(String(error)));
await page.goto(`${origin}/`, { waitUntil: 'load' });
await page.waitForFunction('window.look !== undefined');
process.stdout.write('{"ready":true}\n');

let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
	const { file, picture } = JSON.parse(line);
	model = file;
	said.length = 0;
	let seen;
	try {
		seen = await page.evaluate((url) => window.look(url), `/model/${count++}.glb`);
		if (picture) await writeFile(picture, Buffer.from(seen.png.split(',')[1], 'base64'));
		delete seen.png;
	} catch (error) {
		seen = { error: String(error.message ?? error).slice(0, 500) };
	}
	process.stdout.write(JSON.stringify({ ...seen, said }) + '\n');
}
await browser.close();
server.close();
process.exit(0);
