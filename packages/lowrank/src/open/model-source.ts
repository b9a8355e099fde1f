// Sources of a base or an adapter, on any host: disk, Hub, or files in a page.

import type { Adapter } from "@lowrank/adapter-format";
import type { ReadAdapterOptions } from "@lowrank/adapter-format/internal";
import type { ModelConfig } from "@lowrank/contracts/families";
import { ggufTokenizerFiles, type TextFiles, vocabularyTokenizerFiles } from "@lowrank/data/internal";
import { ggufPartNames } from "@lowrank/gguf/internal";
import { filesFolder, type ModelFolder } from "@lowrank/models";
import type { ByteSource } from "@lowrank/safetensors/internal";
import { BaseNotFoundError } from "../errors/model-errors.ts";
import { type AdapterSetup, readSetup } from "../setup/adapter-setup.ts";

/** A base that was found but not read. */
export interface ModelSource {
  /** The name as given; an adapter saves it as `base_model_name_or_path`. */
  readonly name: string;
  /** The Hub's revision, if one was named; an adapter saves it as `revision`. */
  readonly revision?: string | undefined;
  /** Where it was found, for messages. */
  readonly path: string;
  /** The absolute path on disk, if it was given as a path. */
  readonly basePath?: string | undefined;
  readonly files: TextFiles;
  /** Undefined for a .gguf file. */
  readonly folder?: ModelFolder;
  /** The files of a subfolder such as "1_Pooling", if the host can list it. */
  readonly inside?: (folder: string) => TextFiles;
  /** Opens a .gguf file; the caller closes it. */
  readonly openGguf?: () => Promise<ByteSource>;
}

type BaseConfig = () => Promise<ModelConfig | undefined>;

/** An adapter that was found but not read. */
export interface AdapterSource {
  readonly name: string;
  /** Only a .gguf file calls `base`, because it does not contain the names of the base's modules. */
  read(options: ReadAdapterOptions, base?: BaseConfig): Promise<Adapter>;
  /** Settings of its training that its folder remembers. */
  setup(): Promise<AdapterSetup>;
  /** The folder, if it has its own tokenizer with added tokens. */
  readonly tokenizer: TokenizerFolder | undefined;
}

export interface TokenizerFolder extends TextFiles {
  list(): Promise<readonly string[]>;
  open: ModelFolder["open"];
}

/** A folder that the user chose in a page: the part of `FileSystemDirectoryHandle` that is needed. */
interface DirectoryHandle {
  readonly name: string;
  values(): AsyncIterable<
    { readonly kind: "directory" } | { readonly kind: "file"; readonly name: string; getFile(): Promise<File> }
  >;
}

/** A folder in memory, on a server (`fetchedFolder`), or of files that the user chose. */
export type FolderInput = ModelFolder | DirectoryHandle | readonly File[];

export async function folderOf(input: FolderInput): Promise<ModelFolder> {
  if ("readText" in input) return input;
  if (!("values" in input) || !("name" in input)) return ofFiles("the files", input);
  const files: File[] = [];
  for await (const entry of input.values()) if (entry.kind === "file") files.push(await entry.getFile());
  return ofFiles(input.name, files);
}

function ofFiles(name: string, files: Iterable<File>): ModelFolder {
  return filesFolder(name, new Map([...files].map((file) => [file.name, file])));
}

/** A folder with only a .gguf file, or all parts of one. */
export function onlyGguf(folder: ModelFolder, file: string): ModelFolder {
  const parts = ggufPartNames(file);
  return { ...folder, list: async () => parts, has: async (name) => parts.includes(name) };
}

/** The base in a folder: a Hugging Face folder, or a folder with a .gguf file. */
export async function modelIn(folder: ModelFolder): Promise<ModelSource> {
  const { name } = folder;
  const names = (await folder.has("config.json")) ? [] : await folder.list();
  const gguf = [...names].sort().find((file) => file.endsWith(".gguf"));
  if (gguf === undefined) return { name, path: name, files: vocabularyTokenizerFiles(folder), folder };
  return ggufModel({
    name,
    path: `${name}/${gguf}`,
    siblings: folder,
    openGguf: async () => (await import("./gguf-reading.ts")).openGgufParts(gguf, (file) => folder.open(file)),
  });
}

/** The base in a .gguf file; its metadata has a tokenizer if there is no tokenizer file next to it. */
export function ggufModel(file: {
  readonly name: string;
  readonly path: string;
  readonly siblings: TextFiles;
  readonly openGguf: () => Promise<ByteSource>;
}): ModelSource {
  const { name, path, siblings, openGguf: open } = file;
  const files = ggufTokenizerFiles(siblings, async () => {
    const { openGguf } = await import("./gguf-reading.ts");
    const source = await open();
    try {
      return (await openGguf(source)).metadata;
    } finally {
      await source.close?.();
    }
  });
  return { name, path, files, openGguf: open };
}

/** The adapter in a folder on any host: PEFT's files, another program's, or llama.cpp's .gguf file. */
export async function adapterIn(folder: ModelFolder): Promise<AdapterSource> {
  const names = (await folder.has("adapter_config.json")) ? [] : await folder.list();
  const gguf = names.find((file) => file.endsWith(".gguf"));
  if (gguf !== undefined) return ggufAdapter(`${folder.name}/${gguf}`, () => folder.open(gguf));
  return {
    name: folder.name,
    tokenizer: (await folder.has("tokenizer.json")) ? folder : undefined,
    read: async (options, base) => (await import("./attaching.ts")).readAdapterIn(folder, { ...options, base }),
    setup: () => readSetup(folder),
  };
}

/** llama.cpp's format: it needs a base to be read, and has no training settings. */
function ggufAdapter(name: string, open: () => Promise<ByteSource>): AdapterSource {
  return {
    name,
    tokenizer: undefined,
    setup: async () => ({}),
    read: async (_, base) => {
      const config = await base?.();
      if (config === undefined) throw new BaseNotFoundError(name, []);
      const [{ readGgufAdapter }, source] = await Promise.all([import("./gguf-reading.ts"), open()]);
      try {
        return await readGgufAdapter(source, config);
      } finally {
        await source.close?.();
      }
    },
  };
}
