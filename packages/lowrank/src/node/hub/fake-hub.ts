// A Hugging Face Hub of one repository, as a `fetch` function: enough of its HTTP interface for downloads.

import { createHash } from "node:crypto";

/** The commit that the fake repository's main branch points to. */
export const fakeCommit = "0123456789abcdef0123456789abcdef01234567";

/** A `fetch` that serves the given files of `repository` and records which of them were asked for. */
export function fakeHub(repository: string, files: ReadonlyMap<string, string>) {
  const downloaded: string[] = [];
  const entry = (path: string) => ({
    type: "file",
    path,
    size: (files.get(path) ?? "").length,
    oid: createHash("sha1").update(path).digest("hex"),
    lastCommit: { id: fakeCommit, title: "x", date: "2026-01-01T00:00:00Z" },
  });
  const fakeFetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.pathname.startsWith(`/api/models/${repository}/revision/`)) {
      return Response.json({ _id: "1", id: repository, modelId: repository, sha: fakeCommit });
    }
    if (url.pathname.startsWith(`/api/models/${repository}/tree/`)) return Response.json([...files.keys()].map(entry));
    if (url.pathname.startsWith(`/api/models/${repository}/paths-info/`)) {
      const asked: { paths: string[] } = JSON.parse(String(init?.body));
      return Response.json(asked.paths.map(entry));
    }
    const path = decodeURIComponent(url.pathname.slice(`/${repository}/resolve/${fakeCommit}/`.length));
    const text = files.get(path);
    if (text === undefined) return new Response("", { status: 404, headers: { "X-Error-Code": "EntryNotFound" } });
    return serve(text, new Headers(init?.headers).get("Range"), () => downloaded.push(path));
  };
  return { fetch: fakeFetch, downloaded };
}

function serve(text: string, range: string | null, onBody: () => void): Response {
  const headers = { ETag: '"etag"', "Content-Range": `bytes 0-0/${text.length}` };
  if (range === "bytes=0-0") return new Response(text.slice(0, 1), { status: 206, headers });
  onBody();
  return new Response(text, { headers: { ETag: '"etag"' } });
}
