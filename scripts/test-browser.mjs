// npm run test:browser: the tests of vitest.browser.config.ts on the engines that an installed Chromium has. Prints each
// engine's GPU, or why it is skipped. The last line is "N passed, N failed".
import { chromium } from "playwright";
import { chromiumArguments, findChromium } from "./chromium.mjs";
import { runCounted } from "./run-counted.mjs";

const executable = findChromium();
if (executable === undefined) {
  console.log("skipped: no Chromium found (install it, or name it in the environment variable CHROMIUM)");
  console.log("0 passed, 0 failed");
  process.exit(0);
}

const engines = ["wasm"];
const { version, webgpu, webgl } = await graphicsOf(executable);
console.log(`Chromium ${version}`);
for (const [engine, { adapter, reason }] of Object.entries({ webgpu, webgl })) {
  console.log(adapter === undefined ? `skipped on ${engine}: ${reason}` : `${engine}: ${adapter}`);
  if (adapter !== undefined) engines.unshift(engine);
}

runCounted(["--config=vitest.browser.config.ts"], {
  CHROMIUM: executable,
  LOWRANK_BROWSER_ENGINES: engines.join(","),
});

/** The GPUs of this Chromium by name, or the reasons why there are none. */
async function graphicsOf(executablePath) {
  const browser = await chromium.launch({ executablePath, args: chromiumArguments });
  try {
    const page = await browser.newPage();
    // WebGPU needs a secure address; no request leaves the browser.
    await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "" }));
    await page.goto("https://localhost/");
    return { version: browser.version(), ...(await page.evaluate(namesInPage)) };
  } finally {
    await browser.close();
  }
}

/** Runs in the page. */
async function namesInPage() {
  const adapter = await navigator.gpu?.requestAdapter();
  const webgpu = adapter
    ? { adapter: `${adapter.info.vendor} ${adapter.info.architecture}` }
    : { reason: adapter === null ? "requestAdapter() gave null" : "there is no navigator.gpu" };
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) return { webgpu, webgl: { reason: "there is no WebGL 2" } };
  const extension = context.getExtension("WEBGL_debug_renderer_info");
  return {
    webgpu,
    webgl: { adapter: extension ? context.getParameter(extension.UNMASKED_RENDERER_WEBGL) : "unnamed" },
  };
}
