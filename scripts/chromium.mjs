// The browser of the tests: where it is, and how it is started.
import { existsSync } from "node:fs";

/** The path of an installed Chromium or Chrome, undefined if there is none. The environment variable CHROMIUM comes first. */
export function findChromium() {
  const paths = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return paths.find((path) => path !== undefined && existsSync(path));
}

/**
 * WebGPU and WebGL in any machine, computed by SwiftShader. Vulkan for all of Chromium is what its canvas needs too, through
 * which TensorFlow.js reads a tensor synchronously from WebGPU: without it the first such read ends the device.
 */
export const chromiumArguments = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
