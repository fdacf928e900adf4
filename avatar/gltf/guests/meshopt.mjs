// meshoptimizer's codecs of buffer views (EXT_meshopt_compression, KHR_meshopt_compression).

export default async (load) => {
	const { MeshoptDecoder } = await load('meshoptimizer', 'meshopt_decoder.mjs');
	await MeshoptDecoder.ready;
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
	};
};
