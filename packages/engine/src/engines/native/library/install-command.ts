// Which npm packages bring ONNX Runtime's library, and the command that installs one. One command for sh, cmd and PowerShell,
// and for npm 12, which refuses flags that it does not know: onnxruntime-node's own --onnxruntime-node-install=skip would be
// one. Neither package needs its scripts: koffi brings compiled code, and onnxruntime-node's script fetches CUDA files.

/** The environment variable that names the library's file. */
export const libraryVariable = "LOWRANK_ONNX_RUNTIME";

/** The command that installs the library on most platforms, and the package that calls it. */
export const installCommand: string = /* @__PURE__ */ installCommandOf("onnxruntime-node");

/** The command that installs a package with the library and the package that calls it. `version` may be a tag. */
export function installCommandOf(packageName: string, version?: string): string {
  return `npm install ${packageName}${version === undefined ? "" : `@${version}`} koffi --ignore-scripts`;
}

/** Platforms and processors for which onnxruntime-node holds the library (1.30). */
const inRuntimePackage = new Set(["linux-x64", "linux-arm64", "darwin-arm64", "win32-x64", "win32-arm64"]);
/** Platforms for which sherpa-onnx has a package. */
const inSherpaPackage = new Set(["linux-x64", "linux-arm64", "darwin-arm64", "darwin-x64", "win32-x64"]);

/** The packages with the library for a platform and a processor, the preferred one first; may be empty. */
export function packagesFor(platform: string, architecture: string): readonly string[] {
  const key = `${platform}-${architecture}`;
  return [
    ...(inRuntimePackage.has(key) ? ["onnxruntime-node"] : []),
    ...(inSherpaPackage.has(key) ? [sherpaPackage(platform, architecture)] : []),
  ];
}

/** The name of sherpa-onnx's package for a platform and a processor. */
export function sherpaPackage(platform: string, architecture: string): string {
  return `sherpa-onnx-${platform === "win32" ? "win" : platform}-${architecture}`;
}
