// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { openFile } from "./node/open-file.ts";
import { writeFileAtomic } from "./node/write-file-atomic.ts";
import { writeFolderAtomic } from "./node/write-folder-atomic.ts";
import { writeListedFolder } from "./node/write-listed-folder.ts";
import { openFolderWeights } from "./reading/folder-weights.ts";
import { openSafetensors } from "./reading/open.ts";
import { parseSafetensors } from "./reading/parse.ts";
import { openShardedSafetensors } from "./reading/sharded.ts";

const nothing = undefined as never;

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["openSafetensors", "max_tensors", "maxTensors", (options) => openSafetensors(nothing, options)],
  ["openShardedSafetensors", "maxTensor", "maxTensors", (options) => openShardedSafetensors(nothing, "{}", options)],
  ["openFolderWeights", "on_warnings", "onWarning", (options) => openFolderWeights(nothing, options)],
  ["parseSafetensors", "nam", "name", (options) => parseSafetensors(nothing, options)],
  ["openFile", "filesystem", "fileSystem", (options) => openFile("package.json/nowhere", options)],
  ["writeFileAtomic", "overwrit", "overwrite", (options) => writeFileAtomic("package.json/nowhere", "", options)],
  [
    "writeFolderAtomic",
    "keeps",
    "keep",
    (options) => writeFolderAtomic("package.json/nowhere", async () => undefined, options),
  ],
  [
    "writeListedFolder",
    "may_be_unlisted",
    "mayBeUnlisted",
    (options) => writeListedFolder("package.json/nowhere", async () => undefined, options),
  ],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
