// A folder with a subfolder of images for each class, as Hugging Face datasets' ImageFolder.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { dataFileError } from "@lowrank/data/internal";

/** Rows of a folder: the files by class, in order of their names. Throws DATA_UNREADABLE_FILE without images. */
export async function imageFolderRows(
  folder: string,
  { needsLabels }: { readonly needsLabels: boolean },
): Promise<readonly { readonly image: string; readonly label?: string }[]> {
  const rows: { readonly image: string; readonly label?: string }[] = [];
  for (const name of await pictures(folder)) {
    if (needsLabels) throw dataFileError(folder, `the image "${name}" is not in a class folder.`);
    rows.push({ image: join(folder, name) });
  }
  const entries = await readdir(folder, { withFileTypes: true });
  const classes = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  for (const label of classes.sort()) {
    for (const name of await pictures(join(folder, label))) rows.push({ image: join(folder, label, name), label });
  }
  if (rows.length > 0) return rows;
  throw dataFileError(
    folder,
    "the folder has no images. Expected: one folder for each class, with .png or .jpg files.",
  );
}

/** The metadata file of a folder (ImageFolder, AudioFolder); undefined if there is none. */
export async function metadataFile(folder: string): Promise<string | undefined> {
  const names = await readdir(folder);
  const name = ["metadata.jsonl", "metadata.csv", "metadata.parquet"].find((each) => names.includes(each));
  return name === undefined ? undefined : join(folder, name);
}

async function pictures(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  return files.filter((name) => /\.(png|jpe?g)$/i.test(name)).sort();
}
