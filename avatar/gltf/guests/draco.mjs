// Google's Draco codec of triangle meshes (KHR_draco_mesh_compression).

// The codec allocates what a file claims. It asks here for more memory, and takes a refusal as out of memory.
const MOST_MEMORY = 384 * 2 ** 20;
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
	if (this.buffer.byteLength + pages * 65536 > MOST_MEMORY) throw new RangeError('too much memory');
	return grow.call(this, pages);
};

export default async (load, require) => {
	let decoding;
	const decoderModule = () => (decoding ??= require('draco3d/draco_decoder_nodejs.js')({}));

	// The names of glTF's component types here and in the codec.
	const TYPES = {
		5120: ['DT_INT8', Int8Array], 5121: ['DT_UINT8', Uint8Array], 5122: ['DT_INT16', Int16Array],
		5123: ['DT_UINT16', Uint16Array], 5125: ['DT_UINT32', Uint32Array], 5126: ['DT_FLOAT32', Float32Array],
	};

	function taken(draco, Type, length, fill) {
		const bytes = length * Type.BYTES_PER_ELEMENT;
		const pointer = draco._malloc(bytes);
		if (!pointer) throw new Error('out of memory');
		const filled = fill(bytes, pointer);
		const values = new Type(draco.HEAPU8.buffer.slice(pointer, pointer + bytes));
		draco._free(pointer);
		return filled ? values : null;
	}

	function read(draco, decoder, mesh, { data, faces, points, attributes }) {
		const status = decoder.DecodeArrayToMesh(data, data.length, mesh);
		if (!status.ok()) return { refused: `the codec says "${status.error_msg()}"` };
		if (mesh.num_faces() !== faces || mesh.num_points() !== points) {
			return { refused: `they hold ${mesh.num_faces()} triangles and ${mesh.num_points()} vertices` };
		}
		const parts = {
			indices: taken(draco, Uint32Array, faces * 3, (bytes, pointer) =>
				decoder.GetTrianglesUInt32Array(mesh, bytes, pointer)),
		};
		for (const [at, { id, type, components }] of attributes.entries()) {
			const attribute = decoder.GetAttributeByUniqueId(mesh, id);
			if (!draco.getPointer(attribute)) return { refused: `they hold no attribute ${id}` };
			if (attribute.num_components() !== components) {
				return { refused: `attribute ${id} has ${attribute.num_components()} components, not ${components}` };
			}
			const [code, Type] = TYPES[type];
			parts[`attribute${at}`] = taken(draco, Type, points * components, (bytes, pointer) =>
				decoder.GetAttributeDataArrayForAllPoints(mesh, attribute, draco[code], bytes, pointer));
			if (!parts[`attribute${at}`]) return { refused: `attribute ${id} is not of type ${type}` };
		}
		return { parts };
	}

	let encoding;
	const encoderModule = () => (encoding ??= require('draco3d/draco_encoder_nodejs.js')({}));

	// How the codec is given values of each type.
	const ADDERS = new Map([
		[Int8Array, 'AddInt8Attribute'], [Uint8Array, 'AddUInt8Attribute'], [Int16Array, 'AddInt16Attribute'],
		[Uint16Array, 'AddUInt16Attribute'], [Uint32Array, 'AddUInt32Attribute'], [Float32Array, 'AddFloatAttribute'],
	]);

	function write(draco, owned, { indices, points, keep, attributes, ...arrays }) {
		const made = (thing) => (owned.push(thing), thing);
		const mesh = made(new draco.Mesh());
		const builder = made(new draco.MeshBuilder());
		const encoder = made(new draco.ExpertEncoder(mesh));
		const ids = attributes.map(({ kind, components, bits, origin, range }, at) => {
			const values = arrays[`attribute${at}`];
			const id = builder[ADDERS.get(values.constructor)](mesh, draco[kind], points, components, values);
			if (id < 0) throw new Error(`attribute ${at} is not taken`);
			if (origin) encoder.SetAttributeExplicitQuantization(id, bits, components, origin, range);
			else if (bits) encoder.SetAttributeQuantization(id, bits);
			return id;
		});
		builder.AddFacesToMesh(mesh, indices.length / 3, indices);
		encoder.SetSpeedOptions(0, 0);
		encoder.SetTrackEncodedProperties(true);
		encoder.SetEncodingMethod(keep ? draco.MESH_SEQUENTIAL_ENCODING : draco.MESH_EDGEBREAKER_ENCODING);
		const buffer = made(new draco.DracoInt8Array());
		const length = encoder.EncodeToDracoBuffer(!keep, buffer);
		if (length <= 0) throw new Error('the mesh is not taken');
		const data = new Uint8Array(length);
		for (let at = 0; at < length; at++) data[at] = buffer.GetValue(at);
		return { ids, faces: encoder.GetNumberOfEncodedFaces(), points: encoder.GetNumberOfEncodedPoints(), parts: { data } };
	}

	return {
		// One mesh of ``points`` vertices: ``indices``, and ``attribute0`` ... in the order of ``attributes`` [{kind,
		// components, bits, origin, range}]; without bits nothing is rounded. ``keep``: vertices stay in their order.
		encode: async (wanted) => {
			const draco = await encoderModule();
			const owned = [];
			const answer = write(draco, owned, wanted);
			for (const thing of owned.reverse()) draco.destroy(thing);
			return answer;
		},

		// One mesh: ``indices``, and ``attribute0`` ... in the order of ``attributes`` [{id, type, components}].
		// What the codec refuses, or what is another mesh than promised, is no fault of its own: ``refused`` says why.
		// So is what breaks it, since its memory goes with it.
		decode: async (wanted) => {
			const draco = await decoderModule();
			try {
				const decoder = new draco.Decoder();
				const mesh = new draco.Mesh();
				const answer = read(draco, decoder, mesh, wanted);
				draco.destroy(mesh);
				draco.destroy(decoder);
				return answer;
			} catch (error) {
				decoding = undefined;
				console.error(String(error));
				return { refused: 'the codec breaks on them, or wants more memory than it gets' };
			}
		},
	};
};
