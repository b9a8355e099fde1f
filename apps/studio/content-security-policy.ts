// A Vite plugin: what the built page may load and reach, as a policy in its head.

import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** From the Hub's address it leads elsewhere for the content of large files. */
const hub = "https://huggingface.co https://*.huggingface.co https://*.hf.co";

/** `frames`: scripts inside of frames that the page writes, which inherit its policy. */
export function contentSecurityPolicy({ frames }: { readonly frames: readonly string[] }): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html) {
        const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = ""]) => script);
        const known = [...inline, ...frames].map(
          (script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
        );
        const policy = [
          "default-src 'self'",
          // Blobs: the threads of TensorFlow.js, and the sandbox of rewards.
          `script-src 'self' 'wasm-unsafe-eval' blob: ${known.join(" ")}`,
          "worker-src 'self' blob:",
          `connect-src 'self' ${hub}`,
          "img-src 'self' blob: data:",
          "object-src 'none'",
          "base-uri 'none'",
          "form-action 'none'",
        ].join("; ");
        return [
          {
            tag: "meta",
            attrs: { "http-equiv": "Content-Security-Policy", content: policy },
            injectTo: "head-prepend",
          },
        ];
      },
    },
  };
}
