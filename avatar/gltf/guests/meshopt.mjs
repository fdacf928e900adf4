// meshoptimizer's codecs of buffer views (EXT_meshopt_compression, KHR_meshopt_compression).

export default async (load) => {
	const { MeshoptDecoder } = await load('meshoptimizer', 'meshopt_decoder.mjs');
	const { MeshoptEncoder } = await load('meshoptimizer', 'meshopt_encoder.js');
	await Promise.all([MeshoptDecoder.ready, MeshoptEncoder.ready]);

	function encoded(source, { count, stride, mode, filter, bits }) {
		const plain = filter === 'OCTAHEDRAL'
			? MeshoptEncoder.encodeFilterOct(new Float32Array(source.buffer), count, stride, bits)
			: source;
		return MeshoptEncoder.encodeGltfBuffer(plain, count, stride, mode, 0); // version 0: every decoder reads it
	}

	return {
		// Payloads one after another in ``data``, described by ``views``; the decoded views, each padded to 4 bytes.
		// Bytes that the codec refuses are no fault of its own: ``refused`` is the number of their view.
		decode: ({ data, views }) => {
			const padded = ({ count, stride }) => Math.ceil((count * stride) / 4) * 4;
			const decoded = new Uint8Array(views.reduce((size, view) => size + padded(view), 0));
			let from = 0;
			let to = 0;
			for (const [at, view] of views.entries()) {
				const { bytes, count, stride, mode, filter } = view;
				const source = data.subarray(from, (from += bytes));
				const target = decoded.subarray(to, (to += padded(view)));
				try {
					MeshoptDecoder.decodeGltfBuffer(target, count, stride, source, mode, filter);
				} catch (error) {
					if (!error.message.startsWith('Malformed')) throw error;
					return { refused: at };
				}
			}
			return { parts: { data: decoded } };
		},

		// Views one after another in ``data``; their payloads one after another, ``lengths`` bytes each.
		encode: ({ data, views }) => {
			let from = 0;
			const payloads = views.map((view) => encoded(data.slice(from, (from += view.bytes)), view));
			const joined = new Uint8Array(payloads.reduce((size, payload) => size + payload.length, 0));
			let to = 0;
			for (const payload of payloads) {
				joined.set(payload, to);
				to += payload.length;
			}
			return { lengths: payloads.map((payload) => payload.length), parts: { data: joined } };
		},

		// Triangle lists of ``sizes`` indices one after another, each on vertices of its own: triangles in the order that
		// compresses best, vertices in the order of their use. remap[old] = new, one list after another.
		reorder: ({ indices, sizes }) => {
			let from = 0;
			const remaps = sizes.map((size) => {
				const list = indices.subarray(from, (from += size)); // rewritten in place
				return MeshoptEncoder.reorderMesh(list, true, true)[0];
			});
			const remap = new Uint32Array(remaps.reduce((size, one) => size + one.length, 0));
			let to = 0;
			for (const one of remaps) {
				remap.set(one, to);
				to += one.length;
			}
			return { parts: { indices, remap } };
		},
	};
};
