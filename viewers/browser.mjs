// Headless Chromium that shows GLBs to pages which load them with libraries that are not ours.
//
// node browser.mjs <node_modules> <folder for the browser>
// Reads {"page", "call", "file", "size", "options"} a line, answers a line of JSON: what window[call](url, options) gave.
// A page is ready when window.ready is true; its import map names packages under /modules/.

import { createServer } from 'node:http';
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL, fileURLToPath } from 'node:url';
import path from 'node:path';

const [modules, folder] = process.argv.slice(2);
const pages = path.join(path.dirname(fileURLToPath(import.meta.url)), 'pages');
process.env.TMPDIR = folder; // where the package unpacks its browser, once
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x'; // with the libraries that a bare system lacks (NSS, expat)
const load = async (name, file) => import(pathToFileURL(path.join(modules, name, file)).href);
const chromium = (await load('@sparticuz/chromium', 'build/index.js')).default;
const puppeteer = (await load('puppeteer-core', 'lib/puppeteer/puppeteer-core.js')).default;

const KINDS = {
	'.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json',
	'.css': 'text/css', '.wasm': 'application/wasm', '.glb': 'model/gltf-binary',
};
let model = null;
const fileOf = (name) => {
	if (name.startsWith('/model/')) return model;
	const [root, rest] = name.startsWith('/modules/') ? [modules, name.slice(9)] : [pages, name.slice(1)];
	const file = path.join(root, path.normalize(`/${rest}`));
	return file.startsWith(root) ? file : null;
};
const server = createServer((request, response) => {
	const file = fileOf(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
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
		'--disable-extensions', '--no-first-run', '--mute-audio', '--autoplay-policy=no-user-gesture-required',
	],
});
const page = await browser.newPage();
const said = [];
page.on('console', (message) => { if (['error', 'warn'].includes(message.type())) said.push(message.text()); });
page.on('pageerror', (error) => said.push(String(error)));
process.stdout.write('{"ready":true}\n');

let count = 0;
let open = null;
for await (const line of createInterface({ input: process.stdin })) {
	const { page: name, call, file, size, options } = JSON.parse(line);
	model = file;
	said.length = 0;
	let seen;
	try {
		await page.setViewport({ width: size[0], height: size[1] });
		if (open !== name) {
			await page.goto(`${origin}/${name}.html`, { waitUntil: 'load' });
			await page.waitForFunction('window.ready === true');
			open = name;
		}
		const url = `/model/${count++}.glb`;
		seen = await page.evaluate((name, url, options) => window[name](url, options), call, url, options);
	} catch (error) {
		seen = { error: String(error.message ?? error).slice(0, 500) };
		open = null;
	}
	process.stdout.write(JSON.stringify({ ...seen, said }) + '\n');
}
await browser.close();
server.close();
process.exit(0);
