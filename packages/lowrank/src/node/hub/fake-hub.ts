// A Hugging Face Hub of one repository, as a `fetch` function: enough of its HTTP interface for downloads.

import { createHash } from "node:crypto";

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
  const entry = (path: string) => ({
    type: "file",
    path,
    size: (files.get(path) ?? "").length,
    oid: createHash("sha1").update(path).digest("hex"),
    lastCommit: { id: fakeCommit, title: "x", date: "2026-01-01T00:00:00Z" },
  });
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
    if (url.pathname.startsWith(`/api/${kind}/${repository}/paths-info/`)) {
      const asked: { paths: string[] } = JSON.parse(String(init?.body));
      return Response.json(asked.paths.map(entry));
    }
    const path = decodeURIComponent(url.pathname.slice(`${place}/resolve/${fakeCommit}/`.length));
    const text = files.get(path);
    if (text === undefined) return new Response("", { status: 404, headers: { "X-Error-Code": "EntryNotFound" } });
    return serve(text, new Headers(init?.headers).get("Range"), () => downloaded.push(path));
  };
  return { fetch: fakeFetch, downloaded, revisions };
}

function serve(text: string | Uint8Array, range: string | null, onBody: () => void): Response {
  const headers = { ETag: '"etag"', "Content-Range": `bytes 0-0/${text.length}` };
  if (range === "bytes=0-0")
    return new Response(Uint8Array.from(Buffer.from(text).subarray(0, 1)), { status: 206, headers });
  onBody();
  return new Response(Uint8Array.from(Buffer.from(text)), { headers: { ETag: '"etag"' } });
}
