// Where ONNX Runtime's shared library lies: at the place the user named, inside the npm package onnxruntime-node, or inside
// the smaller sherpa-onnx package of this platform. Nothing is loaded here.

import { EngineUnavailableError } from "../choose/engine-unavailable-error.ts";
import { exportOf, importUnseen } from "../choose/import-unseen.ts";

/** The environment variable that names the library's file. */
const libraryVariable = "LOWRANK_ONNX_RUNTIME";

/** The one command that brings the library and the package that calls it. */
export const installCommand = "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node koffi";

/** What is asked of the file system and of Node's module resolution; tests put their own in its place. */
export interface LibrarySurroundings {
  readonly platform: string;
  readonly architecture: string;
  /** True for a Linux whose C library is not glibc (Alpine). */
  readonly isMusl: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  isFile(path: string): boolean;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
  /** The folder of an installed package. */
  packageFolder(name: string): string | undefined;
}

const libraryName = /^(libonnxruntime\.so(\.\d+)*|libonnxruntime(\.\d+)*\.dylib|onnxruntime\.dll)$/;

/** The library's path. Throws with a reason and the way on if there is none. `asked` comes before everything else. */
export function findLibrary(surroundings: LibrarySurroundings, asked?: string): string {
  const named = asked ?? surroundings.environment[libraryVariable];
  if (named) {
    if (surroundings.isFile(named)) return named;
    const source = asked === undefined ? `${libraryVariable} names` : "the option library names";
    throw new EngineUnavailableError(
      `${source} "${named}", which is no file; name libonnxruntime's file or leave it out`,
    );
  }
  const { platform, architecture, isMusl } = surroundings;
  if (isMusl)
    throw new EngineUnavailableError(
      `ONNX Runtime's npm packages need glibc, and this Linux uses musl; name a libonnxruntime built for it in ${libraryVariable}`,
      "apk add onnxruntime",
    );
  for (const folder of libraryFolders(surroundings)) {
    const name = surroundings.list(folder).find((entry) => libraryName.test(entry));
    if (name !== undefined) return `${folder}/${name}`;
  }
  const sherpa = sherpaPackage(platform, architecture);
  if (surroundings.packageFolder("onnxruntime-node") !== undefined)
    throw new EngineUnavailableError(
      `the installed onnxruntime-node has no library for ${platform} on ${architecture}; another package may`,
      `npm install ${sherpa}`,
    );
  throw new EngineUnavailableError(
    "its package onnxruntime-node is not installed; ONNXRUNTIME_NODE_INSTALL=skip keeps its installer from fetching CUDA files too",
    installCommand,
  );
}

/** Folders in which the library may lie, the preferred one first. */
function libraryFolders({ platform, architecture, list, packageFolder }: LibrarySurroundings): readonly string[] {
  const folders: string[] = [];
  const runtime = packageFolder("onnxruntime-node");
  if (runtime !== undefined) {
    const versions = list(`${runtime}/bin`).filter((name) => name.startsWith("napi-"));
    folders.push(...versions.map((version) => `${runtime}/bin/${version}/${platform}/${architecture}`));
  }
  const sherpa = packageFolder(sherpaPackage(platform, architecture));
  if (sherpa !== undefined) folders.push(sherpa, `${sherpa}/lib`);
  return folders;
}

function sherpaPackage(platform: string, architecture: string): string {
  return `sherpa-onnx-${platform === "win32" ? "win" : platform}-${architecture}`;
}

/** The real surroundings. */
export async function nodeSurroundings(): Promise<LibrarySurroundings> {
  const fs = (await importUnseen("node:fs")) as typeof import("node:fs");
  const path = (await importUnseen("node:path")) as typeof import("node:path");
  const createRequire = exportOf(await importUnseen("node:module"), "createRequire") as (
    from: string,
  ) => NodeJS.Require;
  const require = createRequire(import.meta.url);
  return {
    platform: process.platform,
    architecture: process.arch,
    isMusl: process.platform === "linux" && !hasGlibc(),
    environment: process.env,
    isFile: (file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false,
    list: (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []),
    packageFolder: (name) => {
      try {
        return path.dirname(require.resolve(`${name}/package.json`));
      } catch {
        return undefined; // not installed, or it hides its package.json: either way of no use here
      }
    },
  };
}

/** Node's own report names the C library it runs on. */
function hasGlibc(): boolean {
  const report: unknown = process.report?.getReport();
  const header = typeof report === "object" && report !== null ? Reflect.get(report, "header") : undefined;
  return typeof header !== "object" || header === null || Reflect.get(header, "glibcVersionRuntime") !== undefined;
}
