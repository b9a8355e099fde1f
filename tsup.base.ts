// One build for every package, so that all publish the same shape: ESM, CommonJS, source maps. scripts/declarations.mjs writes the types.
import type { Options } from "tsup";

/** Build settings of a library package with the given entry files. */
export function packageBuild(entry: readonly string[]): Options {
  return {
    entry: [...entry],
    format: ["esm", "cjs"],
    sourcemap: true,
    clean: ["!**/*.d.{ts,cts}"], // scripts/declarations.mjs writes them meanwhile
    treeshake: true,
    // Shared chunks in CommonJS too, so that an error class is one class in every subpath.
    splitting: true,
    target: "es2022",
  };
}

/** Build settings of a command-line program: ESM only, no types. */
export function programBuild(entry: readonly string[]): Options {
  return {
    entry: [...entry],
    format: ["esm"],
    sourcemap: true,
    clean: true,
    target: "es2022",
    banner: { js: "#!/usr/bin/env node" },
  };
}
