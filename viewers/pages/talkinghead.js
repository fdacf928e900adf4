// @met4citizen/talkinghead: takes Ready Player Me's avatars and makes them talk, feel and gesture.
import { TalkingHead } from 'talkinghead';

const node = document.getElementById('avatar');
const head = new TalkingHead(node, {
	ttsEndpoint: 'N/A', lipsyncModules: ['en'], lipsyncLang: 'en', cameraView: 'full', cameraRotateEnable: false,
});
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// What a morph target reached within some time.
async function peaks(names, milliseconds) {
	const most = Object.fromEntries(names.map((name) => [name, 0]));
	const end = performance.now() + milliseconds;
	while (performance.now() < end) {
		for (const name of names) {
			const target = head.mtAvatar[name];
			if (target?.ms.length) most[name] = Math.max(most[name], target.ms[0][target.is[0]]);
		}
		await pause(15);
	}
	return most;
}

function turned(joint, since) {
	return head.armature.getObjectByName(joint).quaternion.angleTo(since) * 180 / Math.PI;
}

window.talk = async (url, { visemes, moods, gesture, pose, view }) => {
	await head.showAvatar({ url, body: 'F', avatarMood: 'neutral', lipsyncLang: 'en' });
	await head.audioCtx.resume();
	for (let frame = 0; frame < 6; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
	const spoken = {};
	const each = 500; // milliseconds: software draws a few frames a second
	const seconds = visemes.length * each / 1000 + 0.4;
	const audio = head.audioCtx.createBuffer(1, Math.round(seconds * 22050), 22050);
	head.speakAudio({
		audio, words: ['speech'], wtimes: [0], wdurations: [visemes.length * each],
		visemes, vtimes: visemes.map((_, at) => at * each), vdurations: visemes.map(() => each),
	});
	Object.assign(spoken, await peaks(visemes.map((name) => `viseme_${name}`), seconds * 1000 + 1500));
	const felt = {};
	for (const mood of moods) {
		head.setMood(mood);
		felt[mood] = await peaks(['mouthSmile', 'mouthSmileLeft', 'mouthFrownLeft', 'browInnerUp', 'browDownLeft', 'eyeWideLeft'], 2000);
	}
	head.setMood('neutral');
	const arm = head.armature.getObjectByName('LeftForeArm').quaternion.clone();
	head.playGesture(gesture, 3);
	let raised = 0;
	for (let step = 0; step < 90; step++) {
		await pause(20);
		raised = Math.max(raised, turned('LeftForeArm', arm));
	}
	const leg = head.armature.getObjectByName('LeftUpLeg').quaternion.clone();
	head.setPoseFromTemplate(head.poseTemplates[pose], 300);
	await pause(1500);
	const posed = turned('LeftUpLeg', leg);
	head.setView(view);
	await pause(1500);
	head.render();
	const png = head.renderer.domElement.toDataURL('image/png');
	head.stop();
	return { spoken, felt, raised, posed, png };
};

window.ready = true;
