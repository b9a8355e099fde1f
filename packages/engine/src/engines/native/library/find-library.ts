// Finds ONNX Runtime's shared library: at the path that the user named, inside the npm package onnxruntime-node, or inside
// the smaller sherpa-onnx package of this platform. Nothing is loaded here.

import { EngineUnavailableError } from "../../engine-unavailable-error.ts";
import { exportOf, importUnbundled } from "../../import-unbundled.ts";
import { installCommandOf, libraryVariable, packagesFor, sherpaPackage } from "./install-command.ts";
import { type InstalledPackage, type LibraryFile, UnusableLibraryError } from "./library-file.ts";

/** Functions of the file system and of Node's module resolution; tests replace them. */
export interface LibrarySurroundings {
  readonly platform: string;
  readonly architecture: string;
  /** True for a Linux whose C library is not glibc (Alpine). */
  readonly isMusl: boolean;
  /** The path from the root: a loader looks for a bare name elsewhere than in the current folder. */
  absolute(path: string): string;
  isFile(path: string): boolean;
  /** Names in a folder; empty if there is no such folder. */
  list(folder: string): readonly string[];
  /** The folder of an installed package. */
  packageFolder(name: string): string | undefined;
}

const libraryName = /^(libonnxruntime\.so(\.\d+)*|libonnxruntime(\.\d+)*\.dylib|onnxruntime\.dll)$/;
/** Processors on which addresses have 32 bits: the library's tables are read as 64. */
const narrowProcessors = ["arm", "ia32", "mips", "mipsel", "ppc", "s390"];

/**
 * The library's file. `named` is the value of LOWRANK_ONNX_RUNTIME and has precedence over everything else. Throws
 * EngineUnavailableError, with a reason and the next step, if there is none.
 */
export function findLibrary(surroundings: LibrarySurroundings, named?: string): LibraryFile {
  const { platform, architecture, isMusl } = surroundings;
  if (narrowProcessors.includes(architecture))
    throw new EngineUnavailableError(
      `it needs a 64-bit Node.js, but this one was built for ${architecture}; install the 64-bit one from nodejs.org`,
    );
  if (named) {
    const library: LibraryFile = { path: surroundings.absolute(named), origin: "setting" };
    if (surroundings.isFile(library.path)) return library;
    throw new UnusableLibraryError(library, "is not a file");
  }
  if (isMusl)
    throw new EngineUnavailableError(
      `ONNX Runtime's npm packages need glibc, but this Linux uses musl; set ${libraryVariable} to a libonnxruntime built for it`,
      "apk add onnxruntime",
    );
  for (const { folder, origin } of libraryFolders(surroundings)) {
    const name = surroundings.list(folder).find((entry) => libraryName.test(entry));
    if (name !== undefined) return { path: `${folder}/${name}`, origin };
  }
  throw notInstalled({ platform, architecture, packageFolder: surroundings.packageFolder });
}

interface LibraryFolder {
  readonly folder: string;
  readonly origin: InstalledPackage;
}

/** Folders that may contain the library, the preferred one first. */
function libraryFolders({ platform, architecture, list, packageFolder }: LibrarySurroundings): LibraryFolder[] {
  const folders: LibraryFolder[] = [];
  const runtime = packageFolder("onnxruntime-node");
  if (runtime !== undefined) {
    const origin = { name: "onnxruntime-node", folder: runtime };
    for (const version of list(`${runtime}/bin`).filter((name) => name.startsWith("napi-")))
      folders.push({ folder: `${runtime}/bin/${version}/${platform}/${architecture}`, origin });
  }
  const name = sherpaPackage(platform, architecture);
  const sherpa = packageFolder(name);
  if (sherpa === undefined) return folders;
  const origin = { name, folder: sherpa };
  return [...folders, { folder: sherpa, origin }, { folder: `${sherpa}/lib`, origin }];
}

function notInstalled({
  platform,
  architecture,
  packageFolder,
}: Pick<LibrarySurroundings, "platform" | "architecture" | "packageFolder">): EngineUnavailableError {
  const target = `${platform} on ${architecture}`;
  const holders = packagesFor(platform, architecture);
  const [first] = holders;
  if (first === undefined)
    return new EngineUnavailableError(
      `no npm package has ONNX Runtime for ${target}; set ${libraryVariable} to a libonnxruntime built for it`,
    );
  const absent = holders.find((name) => packageFolder(name) === undefined);
  if (absent === undefined)
    return new EngineUnavailableError(
      `${holders.join(" and ")} should have its library for ${target}, but do not; delete "${packageFolder(first)}" and install it again`,
      installCommandOf(first),
    );
  const isAnotherHere = packageFolder("onnxruntime-node") !== undefined;
  const reason = isAnotherHere
    ? `the installed onnxruntime-node has no library for ${target}; ${absent} has one`
    : `its package ${absent} is not installed`;
  return new EngineUnavailableError(reason, installCommandOf(absent));
}

/** The real surroundings. */
export async function nodeSurroundings(): Promise<LibrarySurroundings> {
  const fs = (await importUnbundled("node:fs")) as typeof import("node:fs");
  const path = (await importUnbundled("node:path")) as typeof import("node:path");
  const createRequire = exportOf(await importUnbundled("node:module"), "createRequire") as (
    from: string,
  ) => NodeJS.Require;
  const require = createRequire(import.meta.url);
  return {
    platform: process.platform,
    architecture: process.arch,
    isMusl: process.platform === "linux" && !hasGlibc(),
    absolute: (file) => path.resolve(file),
    isFile: (file) => orElse(false, () => fs.statSync(file).isFile()),
    list: (folder) => orElse([], () => fs.readdirSync(folder).sort()),
    // Not installed, or it hides its package.json: either way of no use here.
    packageFolder: (name) => orElse(undefined, () => path.dirname(require.resolve(`${name}/package.json`))),
  };
}

/** The result of `look`; `nothing` if it throws. */
function orElse<T>(nothing: T, look: () => T): T {
  try {
    return look();
  } catch {
    return nothing;
  }
}

/** Node's own report names the C library it runs on. */
function hasGlibc(): boolean {
  const report: unknown = process.report?.getReport();
  const header = typeof report === "object" && report !== null ? Reflect.get(report, "header") : undefined;
  return typeof header !== "object" || header === null || Reflect.get(header, "glibcVersionRuntime") !== undefined;
}
