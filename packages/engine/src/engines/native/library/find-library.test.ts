import { describe, expect, it } from "vitest";
import { findLibrary, type LibrarySurroundings } from "./find-library.ts";

const runtime = "/app/node_modules/onnxruntime-node";
const runtimeFolder = `${runtime}/bin/napi-v6/linux/x64`;
const sherpa = "/app/node_modules/sherpa-onnx-linux-x64";
const file = "libonnxruntime.so.1";

/** A Linux machine with these folders, each with the names in it. */
function machine(
  folders: Readonly<Record<string, readonly string[]>>,
  differences: Partial<LibrarySurroundings> = {},
): LibrarySurroundings {
  return {
    platform: "linux",
    architecture: "x64",
    isMusl: false,
    absolute: (path) => (path.startsWith("/") ? path : `/app/${path}`),
    isFile: (path) =>
      Object.entries(folders).some(([folder, names]) => names.some((name) => path === `${folder}/${name}`)),
    list: (folder) => folders[folder] ?? [],
    packageFolder: (name) => {
      const folder = `/app/node_modules/${name}`;
      return Object.keys(folders).some((path) => path === folder || path.startsWith(`${folder}/`)) ? folder : undefined;
    },
    ...differences,
  };
}

const withRuntime = { [`${runtime}/bin`]: ["napi-v6"], [runtimeFolder]: ["onnxruntime_binding.node", file] };
const withSherpa = { [sherpa]: ["README.md", "libonnxruntime.so"] };
const command = "npm install onnxruntime-node koffi --ignore-scripts";

/** The reason and the command with which looking fails. */
function refusal(surroundings: LibrarySurroundings, named?: string): unknown {
  try {
    return findLibrary(surroundings, named);
  } catch (error) {
    return error;
  }
}

describe("findLibrary", () => {
  it("prefers a named file to any package's", () => {
    const surroundings = machine({ ...withRuntime, "/opt": ["mine.so"] });
    expect(findLibrary(surroundings, "/opt/mine.so")).toEqual({ path: "/opt/mine.so", origin: "setting" });
  });

  it("prefers onnxruntime-node to sherpa-onnx, and reports the package", () => {
    expect(findLibrary(machine({ ...withSherpa, ...withRuntime }))).toEqual({
      path: `${runtimeFolder}/${file}`,
      origin: { name: "onnxruntime-node", folder: runtime },
    });
    expect(findLibrary(machine(withSherpa))).toMatchObject({ path: `${sherpa}/libonnxruntime.so` });
  });

  it("uses sherpa-onnx if the installed onnxruntime-node has nothing for this platform", () => {
    const surroundings = machine({ ...withRuntime, [runtimeFolder]: [], ...withSherpa });
    expect(findLibrary(surroundings)).toMatchObject({ origin: { name: "sherpa-onnx-linux-x64" } });
  });

  it.each([
    { platform: "win32", folder: "win32/arm64", architecture: "arm64", name: "onnxruntime.dll" },
    { platform: "darwin", folder: "darwin/arm64", architecture: "arm64", name: "libonnxruntime.1.30.0.dylib" },
  ])("knows the library by its name on $platform", ({ folder, name, ...platform }) => {
    const path = `${runtime}/bin/napi-v6/${folder}`;
    const surroundings = machine({ [`${runtime}/bin`]: ["napi-v6"], [path]: [name] }, platform);
    expect(findLibrary(surroundings)).toMatchObject({ path: `${path}/${name}` });
  });

  it("names the command if nothing is installed", () => {
    expect(refusal(machine({}))).toMatchObject({ reason: "its package onnxruntime-node is not installed", command });
  });

  it("names sherpa-onnx's package if onnxruntime-node has none for the platform", () => {
    const mac = { platform: "darwin", architecture: "x64" };
    const forMac = "npm install sherpa-onnx-darwin-x64 koffi --ignore-scripts";
    expect(refusal(machine({}, mac))).toMatchObject({
      reason: expect.stringMatching(/not installed$/),
      command: forMac,
    });
    expect(refusal(machine(withRuntime, mac))).toMatchObject({
      reason: expect.stringMatching(/onnxruntime-node has no library for darwin on x64; sherpa-onnx-darwin-x64 has/),
      command: forMac,
    });
  });

  it("names the folder to delete if the packages are incomplete", () => {
    expect(refusal(machine({ [runtimeFolder]: [], [sherpa]: [] }))).toMatchObject({
      reason: expect.stringContaining(`delete "${runtime}" and install it again`),
      command,
    });
  });

  it.each([
    { platform: "linux", architecture: "s390x" },
    { platform: "freebsd", architecture: "x64" },
  ])("requires a library of one's own on $platform with $architecture", (platform) => {
    const error = refusal(machine({}, platform));
    expect(error).toMatchObject({ reason: expect.stringMatching(/no npm package .*LOWRANK_ONNX_RUNTIME to/) });
    expect(error).toMatchObject({ command: undefined });
  });

  it("refuses a Node of 32 bits, whose addresses would be read wrong", () => {
    const narrow = machine({ "/opt": ["mine.so"] }, { architecture: "arm" });
    expect(refusal(narrow, "/opt/mine.so")).toMatchObject({
      reason: expect.stringMatching(/it needs a 64-bit Node\.js, but this one was built for/),
    });
  });

  it("ignores packages for glibc on musl, but uses a named file", () => {
    const alpine = machine({ ...withRuntime, "/usr/lib": [file] }, { isMusl: true });
    expect(refusal(alpine)).toMatchObject({
      reason: expect.stringMatching(/musl; set LOWRANK_ONNX_RUNTIME to/),
      command: "apk add onnxruntime",
    });
    expect(findLibrary(alpine, `/usr/lib/${file}`)).toMatchObject({ origin: "setting" });
  });

  it.each([
    { what: "a path that leads nowhere", named: "/nowhere/lib.so" },
    { what: "a folder", named: "/opt" },
    { what: "a name that is nowhere here", named: "lib.so" },
  ])("refuses $what, with the way on, though a package is installed", ({ named }) => {
    const surroundings = machine({ ...withRuntime, "/opt": ["mine.so"] });
    const path = surroundings.absolute(named);
    expect(refusal(surroundings, named)).toMatchObject({
      name: "UnusableLibraryError",
      library: { path, origin: "setting" },
      reason: `LOWRANK_ONNX_RUNTIME names "${path}", which is not a file; set LOWRANK_ONNX_RUNTIME to a libonnxruntime 1.17 or later, or unset it`,
    });
  });
});
