// Git repositories may keep a large file elsewhere (Git LFS) and a small text that points to it in its place, which is what
// one has where `git lfs` did not run. Every format meets it.

const beginning = "version https://git-lfs.github.com/spec/";

/**
 * What a file is and what to do, for messages ("it is …"), if its text or its first bytes (8 are enough) are those of a Git
 * LFS pointer; else undefined.
 *
 * @example
 * ```ts
 * import { describeLfsPointer } from "@lowrank/contracts";
 *
 * if (describeLfsPointer("version https://git-lfs.github.com/spec/v1\noid sha256:…") === undefined) throw new Error("it is one");
 * if (describeLfsPointer('{"version": 1}') !== undefined) throw new Error("it is none");
 * ```
 */
export function describeLfsPointer(start: Uint8Array | string): string | undefined {
  const text = typeof start === "string" ? start : String.fromCharCode(...start.subarray(0, beginning.length));
  const shared = Math.min(text.length, beginning.length);
  if (shared < 8 || text.slice(0, shared) !== beginning.slice(0, shared)) return undefined;
  return "a Git LFS pointer instead of the file that it stands for (run `git lfs pull` in its repository, or download the file)";
}
