// meshoptimizer's simplifier, and its order of triangles and vertices.

export default async (load) => {
	const { MeshoptSimplifier } = await load('meshoptimizer', 'meshopt_simplifier.js');
	const { MeshoptEncoder } = await load('meshoptimizer', 'meshopt_encoder.js');
	await Promise.all([MeshoptSimplifier.ready, MeshoptEncoder.ready]);
	return {
		simplify: ({ target, error, flags, positions, attributes, width, lock, indices }) => {
			const weights = new Array(width).fill(1);
			const [kept, reached] = MeshoptSimplifier.simplifyWithAttributes(
				indices, positions, 3, attributes, width, weights, lock ?? null, target, error, flags);
			return { error: reached, parts: { indices: kept } };
		},

		sloppy: ({ target, positions, lock, indices }) => {
			const [kept, reached] = MeshoptSimplifier.simplifySloppy(indices, positions, 3, lock ?? null, target, 1e9);
			return { error: reached, parts: { indices: kept } };
		},

		// Triangle order for the vertex cache, vertex order for fetching: remap[old] = new, ~0 for unused vertices.
		reorder: ({ indices }) => {
			const [remap, unique] = MeshoptEncoder.reorderMesh(indices, true, false);
			return { unique, parts: { indices, remap } };
		},
	};
};
