// Pushes an adapter, a model or a file to a repository of the Hugging Face Hub, in one commit.

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import { type NoticeOptions, noticesOf } from "../../notices.ts";
import { type HubAccess, hubEndpoint, hubFetch, reasonOf } from "../hub/hub-access.ts";
import { type LocalFile, type PushPlan, planPush, pushError } from "./plan-push.ts";
import { withoutPaths } from "./without-paths.ts";

/** Options of `pushToHub`. */
export interface PushOptions extends NoticeOptions {
  /** A token with write permission; not needed with `planOnly`. */
  readonly accessToken?: string | undefined;
  /** Whether a new repository is private; an existing one is not changed. */
  readonly private?: boolean | undefined;
  /** The commit's title. */
  readonly message?: string | undefined;
  /** Returns the plan and sends nothing. */
  readonly planOnly?: boolean | undefined;
  /** Replaces the global fetch. */
  readonly fetch?: HubAccess["fetch"] | undefined;
}

const optionNames: OptionNames<PushOptions> = {
  accessToken: true,
  private: true,
  message: true,
  planOnly: true,
  fetch: true,
  onWarning: true,
  onNote: true,
};

/** The plan, and the commit if it was sent. */
export interface Pushed extends PushPlan {
  /** Undefined with `planOnly`. */
  readonly url?: string;
  readonly commit?: string;
}

/**
 * Pushes an adapter folder, a model folder, a .gguf file or a .safetensors file to the Hugging Face Hub, as "owner/name",
 * "owner/name/folder" or "owner/name@branch". Creates the repository if necessary. Replaces files of the same names, and keeps others.
 * Does not send hidden files, pickles, training state and HTML pages of a folder, nor the directory of a local base. Requires @huggingface/hub.
 *
 * @throws PathNotFoundError, PUSH
 *
 * @example
 * ```ts
 * import { pushToHub } from "lowrank";
 *
 * const { kind, files, bytes } = await pushToHub("node_modules/@lowrank/tiny-model/model", "me/tiny", { planOnly: true });
 * if (kind !== "model" || files.length === 0 || bytes === 0) throw new Error("unexpected");
 * ```
 */
export async function pushToHub(source: string, target: string, options: PushOptions = {}): Promise<Pushed> {
  refuseUnknownOptions("pushToHub", options, optionNames);
  const entry = await stat(source).catch(() => undefined);
  if (entry === undefined) throw new PathNotFoundError("push", source, "a folder or a file");
  const folder = entry.isDirectory() ? source : dirname(source);
  const found = entry.isDirectory() ? await filesIn(source) : [{ path: basename(source), bytes: entry.size }];
  const plan = planPush(source, target, found);
  const texts = plan.kind === "adapter" ? await withoutPaths(folder, target, options) : new Map<string, string>();
  return options.planOnly === true ? plan : send(plan, { source, target, folder, options, texts });
}

async function filesIn(folder: string): Promise<readonly LocalFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sized = files.map(async (file) => {
    const path = file.slice(join(folder, "x").length - 1).replaceAll("\\", "/");
    return { path, bytes: (await stat(file)).size };
  });
  return (await Promise.all(sized)).sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function send(
  plan: PushPlan,
  request: {
    readonly source: string;
    readonly target: string;
    readonly folder: string;
    readonly options: PushOptions;
    readonly texts: ReadonlyMap<string, string>;
  },
): Promise<Pushed> {
  const { source, target, folder, options, texts } = request;
  const { accessToken, fetch, private: isPrivate = false } = options;
  if (accessToken === undefined) {
    throw pushError(
      source,
      target,
      "there is no token. Create one with write permission at https://huggingface.co/settings/tokens.",
    );
  }
  const hub = await import("@huggingface/hub").catch((cause) => {
    const reason = "the optional package @huggingface/hub is not installed. Run: npm install @huggingface/hub";
    throw pushError(source, target, reason, { cause });
  });
  try {
    // The library alone would send the token wherever the Hub redirects.
    const settings: HubAccess = { accessToken, ...(fetch === undefined ? {} : { fetch }) };
    const hubUrl = hubEndpoint(settings);
    const access = { accessToken, hubUrl, fetch: hubFetch(settings) };
    const { repository: name, revision } = plan;
    if (!(await hub.repoExists({ repo: name, ...access }))) {
      noticesOf(options).note?.(`creating ${name}`);
      await hub.createRepo({ repo: name, visibility: isPrivate ? "private" : "public", ...access });
    }
    noticesOf(options).note?.(`sending ${plan.files.length} files to ${name}`);
    const files = plan.files.map(({ path, to }) => {
      const text = texts.get(path);
      return { path: to, content: text === undefined ? pathToFileURL(resolve(folder, path)) : new Blob([text]) };
    });
    const title =
      options.message ??
      `Upload ${plan.kind === "file" || plan.kind === "gguf" ? plan.kind : `the ${plan.kind}`} with lowrank`;
    const done = await hub.uploadFiles({ repo: name, files, branch: revision, commitTitle: title, ...access });
    const url = `${hubUrl}/${name}${revision === "main" ? "" : `/tree/${revision}`}`;
    return { ...plan, url, ...(done === undefined ? {} : { commit: done.commit.oid }) };
  } catch (error) {
    throw pushError(source, target, reasonOf(error), { cause: error });
  }
}
