// A Hugging Face Hub of one repository, as a `fetch` function or a server: enough of its HTTP interface for downloads.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { bodyOf } from "../src/node/hub/hub-access.ts";

/** The commit that the fake repository's main branch points to. */
export const fakeCommit = "0123456789abcdef0123456789abcdef01234567";

/**
 * A `fetch` that serves the given files of `repository`, a model's or a data set's, and records which of them and which revisions
 * were asked for.
 */
export function fakeHub(
  repository: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  kind: "models" | "datasets" = "models",
) {
  const place = kind === "models" ? `/${repository}` : `/datasets/${repository}`;
  const downloaded: string[] = [];
  const revisions: string[] = [];
  const entry = (path: string) => {
    const bytes = Buffer.from(files.get(path) ?? "");
    const size = bytes.length;
    const oid = createHash("sha1").update(`blob ${size}\0`).update(bytes).digest("hex");
    const lfs = { oid: createHash("sha256").update(bytes).digest("hex"), size, pointerSize: 134 };
    return { type: "file", path, size, oid, ...(/\.(safetensors|gguf|parquet)$/.test(path) ? { lfs } : {}) };
  };
  const listed = (start: string, isDeep: boolean) => {
    if (isDeep) return [...files.keys()].map(entry);
    const inside = [...files.keys()].filter((path) => path.startsWith(start));
    const folders = inside.flatMap((path) => /^([^/]+)\//.exec(path.slice(start.length))?.[1] ?? []);
    const directories = [...new Set(folders)].map((name) => ({
      type: "directory",
      path: start + name,
      size: 0,
      oid: "",
    }));
    return [...directories, ...inside.filter((path) => !path.slice(start.length).includes("/")).map(entry)];
  };
  const fakeFetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.pathname.startsWith(`/api/${kind}/${repository}/revision/`)) {
      revisions.push(decodeURIComponent(url.pathname.split("/revision/")[1] ?? ""));
      return Response.json({ _id: "1", id: repository, modelId: repository, sha: fakeCommit });
    }
    if (url.pathname.startsWith(`/api/${kind}/${repository}/tree/`)) {
      const folder = url.pathname.split(`/tree/${fakeCommit}`)[1]?.slice(1) ?? "";
      return Response.json(listed(folder === "" ? "" : `${folder}/`, url.searchParams.get("recursive") === "true"));
    }
    const path = decodeURIComponent(url.pathname.slice(`${place}/resolve/${fakeCommit}/`.length));
    const text = files.get(path);
    if (text === undefined) return new Response("", { status: 404, headers: { "X-Error-Code": "EntryNotFound" } });
    downloaded.push(path);
    const start = Number(/^bytes=(\d+)-$/.exec(new Headers(init?.headers).get("Range") ?? "")?.[1] ?? 0);
    return new Response(Uint8Array.from(Buffer.from(text).subarray(start)), { status: start === 0 ? 200 : 206 });
  };
  return { fetch: fakeFetch, downloaded, revisions };
}

/** What a server answers in the fake Hub's place. */
export type HubAnswer = (url: URL, range: string | null) => Response | undefined | Promise<Response | undefined>;

/** A request as the server heard it. */
interface HubRequest {
  readonly path: string;
  readonly token: string | undefined;
  readonly range: string | null;
}

/** Serves a fake Hub on loopback, at an origin of its own. A body that fails breaks its connection. */
export async function serveHub(hub: Pick<ReturnType<typeof fakeHub>, "fetch">, answer: HubAnswer = () => undefined) {
  const requests: HubRequest[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", `http://${request.headers.host}`);
    const range = request.headers.range ?? null;
    requests.push({ path: url.pathname, token: request.headers.authorization, range });
    const requestInit = { headers: range === null ? {} : { Range: range } };
    const replaced = (await answer(url, range)) ?? (await hub.fetch(url, requestInit));
    response.writeHead(replaced.status, Object.fromEntries(replaced.headers));
    try {
      for await (const piece of bodyOf(replaced)) response.write(piece);
      response.end();
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return { endpoint, requests, stop: () => server.close().closeAllConnections() };
}
