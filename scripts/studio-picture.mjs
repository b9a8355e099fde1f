// npm run studio:picture: makes docs/studio.webp, which the READMEs show, of what the studio's tests saw last
// (npx vitest run --project slow apps/studio/src/in-browser/smollm2.test.ts).
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright";
import { findChromium } from "./chromium.mjs";

const seen = "apps/studio/pictures/9-smollm2-light-1440.png";
const picture = "docs/studio.webp";
/** From the first card to the last answer, without the page's margins. */
const part = { left: 60, top: 890, width: 1320, height: 1180 };
const maxBytes = 150_000;

const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  const source = `data:image/png;base64,${readFileSync(seen).toString("base64")}`;
  const url = await page.evaluate(drawPart, { source, part });
  const bytes = Buffer.from(url.split(",")[1], "base64");
  if (bytes.length > maxBytes) throw new Error(`${picture} would have ${bytes.length} bytes, more than ${maxBytes}`);
  writeFileSync(picture, bytes);
  console.log(`${picture}: ${bytes.length} bytes`);
} finally {
  await browser.close();
}

/** Runs in the page. */
async function drawPart({ source, part: { left, top, width, height } }) {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, -left, -top);
  return canvas.toDataURL("image/webp", 0.85);
}
