// npm run studio:recording: makes docs/studio.webp, which the READMEs show: the first example of the built studio in a real
// Chromium, from the click to the last answer: a frame for each answer, as long as it lasted, at most `longest` in all. SmolLM2's
// file is in the cache folder (scripts/python/prepare.py).
import { writeFileSync } from "node:fs";
import { openBuiltStudio } from "../apps/studio/test/built-studio.ts";
import { smollm2Gguf } from "../apps/studio/test/prepared.ts";
import { keepSmollm2, openStudioPage } from "../apps/studio/test/studio-page.ts";

const picture = "docs/studio.webp";
const size = { width: 1080, height: 720 };
const maxBytes = 1_000_000;
/** Milliseconds: a slower run is shown faster. */
const longest = 24_000;
/** Milliseconds for which the first and the last frame stay in addition. */
const stay = 2500;

if (smollm2Gguf === undefined) process.exit(1);
const studio = await openBuiltStudio();
try {
  const bytes = animated(await encoded(await recorded()));
  if (bytes.length > maxBytes) throw new Error(`${picture} would have ${bytes.length} bytes, more than ${maxBytes}`);
  writeFileSync(picture, bytes);
  console.log(`${picture}: ${bytes.length} bytes`);
} finally {
  await studio.close();
}

/** Pictures of the page, each with the time at which it was taken. */
async function recorded() {
  const page = await openStudioPage(studio, { viewport: size, colorScheme: "light", reducedMotion: "reduce" });
  await keepSmollm2(page, smollm2Gguf);
  const frames = new Map();
  const take = async (what) => {
    if (frames.has(what)) return;
    frames.set(what, { at: performance.now(), png: await page.screenshot() });
    console.log(`${((performance.now() - frames.get("first").at) / 1000).toFixed(1)} s: ${what}`);
  };
  await take("first");
  await page.locator("#presets button.main").click();
  for (let state = ""; !state.startsWith("Done"); await page.waitForTimeout(50)) {
    state = (await page.locator(".train-state").textContent()) ?? "";
    const [step, answer = ""] = await page.locator(".film .is-newest > *").allTextContents();
    if (answer.split(" ").length > 3) await take(step);
    else if (step === undefined) await take("loading");
    else if (/^Step [1-9]/.test(state)) await take("training");
  }
  await page.waitForTimeout(1000); // the page scrolls to the result
  await take("done");
  return [...frames.values()];
}

/** The same as WebP, with the milliseconds for which each is shown. */
async function encoded(frames) {
  const page = await studio.browser.newPage();
  const images = [];
  const speed = Math.max(1, (frames.at(-1).at - frames[0].at) / longest);
  console.log(`shown ${speed.toFixed(1)} times as fast`);
  for (const [index, { at, png }] of frames.entries()) {
    const url = await page.evaluate(drawWebp, `data:image/png;base64,${png.toString("base64")}`);
    const isEnd = index === 0 || index === frames.length - 1;
    const lasted = ((frames[index + 1]?.at ?? at) - at) / speed;
    images.push({
      image: Buffer.from(url.split(",")[1], "base64"),
      milliseconds: Math.round(lasted + (isEnd ? stay : 0)),
    });
  }
  return images;
}

/** Runs in the page. */
async function drawWebp(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d", { alpha: false }).drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.8);
}

/** One animated WebP of many still ones (https://developers.google.com/speed/webp/docs/riff_container). */
function animated(images) {
  const canvas = [uint24(size.width - 1), uint24(size.height - 1)];
  const isAnimated = Buffer.from([2, 0, 0, 0]);
  const whiteForever = Buffer.from([255, 255, 255, 255, 0, 0]);
  const doNotBlend = Buffer.from([2]);
  const frames = images.map(({ image, milliseconds }) =>
    chunk("ANMF", [uint24(0), uint24(0), ...canvas, uint24(milliseconds), doNotBlend, bitstream(image)]),
  );
  const head = [chunk("VP8X", [isAnimated, ...canvas]), chunk("ANIM", [whiteForever])];
  return chunk("RIFF", [Buffer.from("WEBP"), ...head, ...frames]);
}

/** The chunk of a still WebP that has its pixels; others are of colours and programs. */
function bitstream(webp) {
  for (let at = 12; at < webp.length; ) {
    const end = at + 8 + webp.readUInt32LE(at + 4);
    if (["VP8 ", "VP8L"].includes(webp.toString("latin1", at, at + 4))) return webp.subarray(at, end + (end % 2));
    at = end + (end % 2);
  }
  throw new Error("A still WebP has no pixels");
}

function chunk(name, parts) {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return Buffer.concat([Buffer.from(name, "latin1"), length, content, Buffer.alloc(content.length % 2)]);
}

function uint24(value) {
  return Buffer.from([value & 255, (value >> 8) & 255, value >> 16]);
}
