import { expect, it } from "vitest";
import { isolated } from "./isolated.ts";

it("adds the headers that isolate a page, and leaves body, status and the other headers as they are", async () => {
  const response = isolated(new Response("text", { status: 404, headers: { "Content-Type": "text/css" } }));
  expect([response.status, await response.text()]).toEqual([404, "text"]);
  expect(Object.fromEntries(response.headers)).toEqual({
    "content-type": "text/css",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
  });
});

it("makes no body where a status has none", () => {
  expect(isolated(new Response(null, { status: 304 })).body).toBeNull();
});

it("leaves alone what cannot be read", () => {
  const failed = Response.error();
  expect(isolated(failed)).toBe(failed);
});
