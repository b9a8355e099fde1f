import { expect, it } from "vitest";
import { UnusableLibraryError } from "./library-file.ts";

const origin = { name: "onnxruntime-node", folder: "/app/node_modules/onnxruntime-node" };
const library = { path: "/app/node_modules/onnxruntime-node/bin/libonnxruntime.so.1", origin };

it("explains how to replace a damaged library from npm", () => {
  expect(new UnusableLibraryError(library, "is cut short")).toMatchObject({
    library,
    fault: "is cut short",
    reason: `"${library.path}" of onnxruntime-node is cut short; delete "${origin.folder}" and install it again`,
    command: "npm install onnxruntime-node koffi --ignore-scripts",
  });
});

it("explains how to replace an old library", () => {
  expect(new UnusableLibraryError(library, "is old", { isOld: true })).toMatchObject({
    reason: expect.stringMatching(/is old; install a newer one$/),
    command: "npm install onnxruntime-node@latest koffi --ignore-scripts",
  });
});
