// npm run studio:recording: makes docs/studio.webp, which the READMEs show: the first example of the built studio in a real
// Chromium, from the click to the last answer, at the speed of this machine. SmolLM2's file is in the cache folder
// (scripts/python/prepare.py).
import { writeFileSync } from "node:fs";
import { openBuiltStudio } from "../apps/studio/src/testing/built-studio.ts";
import { smollm2Gguf } from "../apps/studio/src/testing/prepared.ts";
import { keepSmollm2, openStudioPage } from "../apps/studio/src/testing/studio-page.ts";

const picture = "docs/studio.webp";
const size = { width: 1080, height: 720 };
const maxBytes = 1_000_000;
/** Milliseconds between two frames at least, which makes about twelve of them. */
const apart = 2000;
/** Milliseconds for which the first and the last frame stay. */
const stay = { first: 2000, last: 5000 };

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
  const frames = [];
  let seen = "";
  const take = async (key) => {
    seen = key;
    frames.push({ at: performance.now(), png: await page.screenshot() });
  };
  await take("");
  await page.locator("#presets button.main").click();
  for (let isDone = false; !isDone; await page.waitForTimeout(100)) {
    const key = await page.locator("#presets, #train").allInnerTexts();
    isDone = /Done: \d+ steps/.test(key.join());
    if (isDone || (key.join() !== seen && performance.now() - (frames.at(-1)?.at ?? 0) > apart)) await take(key.join());
  }
  await page.waitForTimeout(1000); // the page scrolls to the result
  await take("");
  console.log(`${frames.length} frames of ${((frames.at(-1).at - frames[0].at) / 1000).toFixed(1)} s`);
  return frames;
}

/** The same as WebP, with the milliseconds for which each is shown. */
async function encoded(frames) {
  const page = await studio.browser.newPage();
  const images = [];
  for (const [index, { at, png }] of frames.entries()) {
    const source = `data:image/png;base64,${png.toString("base64")}`;
    const url = await page.evaluate(drawWebp, source);
    const next = frames[index + 1]?.at ?? at + stay.last;
    const milliseconds = Math.round(index === 0 ? stay.first : next - at);
    images.push({ image: Buffer.from(url.split(",")[1], "base64"), milliseconds });
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

/** The chunk of a still WebP that has its pixels. */
function bitstream(webp) {
  const name = webp.toString("latin1", 12, 16);
  if (name !== "VP8 " && name !== "VP8L") throw new Error(`A still WebP begins with ${name}, not with its pixels`);
  return webp.subarray(12);
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
