// The development server reads the whole repository, so nobody else may ask it.

import { get } from "node:http";
import { join } from "node:path";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

describe("the development server", () => {
  let server: ViteDevServer;

  beforeAll(async () => {
    const quiet = { port: 0, hmr: false, watch: null } as const;
    server = await createServer({ root: join(import.meta.dirname, ".."), logLevel: "error", server: quiet });
    await server.listen();
  }, 60_000);
  afterAll(() => server?.close());

  it.each(["/", "/tiny-model/config.json", "/src/main.tsx"])(
    "serves %s to this machine alone, and to no page of another name",
    async (path) => {
      expect(server.httpServer?.address()).toMatchObject({ address: "127.0.0.1" });
      const { href, host } = new URL(path, server.resolvedUrls?.local[0]);
      expect(await statusFor(href, host)).toBe(200);
      expect(await statusFor(href, "attacker.example")).toBe(403);
    },
  );
});

/** The status of the answer to a request with this Host header, which fetch does not let us choose. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}
