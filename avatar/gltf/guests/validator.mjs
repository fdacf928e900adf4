// The Khronos glTF validator.

export default async (load, require) => {
	const validator = require('gltf-validator');
	return {
		validate: async ({ data, maxIssues }) => {
			const report = await validator.validateBytes(data, { maxIssues, format: 'glb', writeTimestamp: false });
			return { version: report.validatorVersion, issues: report.issues };
		},
	};
};
