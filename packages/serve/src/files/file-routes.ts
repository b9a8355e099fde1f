// /v1/files: files to train on.

import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { Hono } from "hono";
import { RequestError } from "../errors.ts";
import { listPage } from "../requests/list-page.ts";
import type { ObjectStore } from "./object-store.ts";
import { readUpload, type UploadRules } from "./read-upload.ts";
import { fileFacts, type StoredFile } from "./stored-file.ts";

export interface FileParts extends UploadRules {
  readonly files: ObjectStore<StoredFile>;
  /** The id of a job that needs a file. */
  userOf(file: string): string | undefined;
}

export function fileRoutes({ files, userOf, ...rules }: FileParts): Hono {
  const app = new Hono();
  app.post("/", async (context) => {
    const { content, ...facts } = await readUpload(context.req.raw, rules);
    const key = files.newKey();
    try {
      await writeFileAtomic(files.path(key.id, ".jsonl"), content);
      return context.json(fileFacts(await files.put({ ...key, ...facts, bytes: content.length })));
    } catch (error) {
      await files.remove(key.id, [".jsonl"]).catch(() => undefined); // a full disk
      throw error;
    }
  });
  app.get("/", (context) => {
    const { order, purpose = "fine-tune", ...query } = context.req.query();
    const all = purpose === "fine-tune" ? files.all.map(fileFacts) : [];
    return context.json(listPage(order === "asc" ? all : all.reverse(), query, { standard: 10_000, max: 10_000 }));
  });
  app.get("/:id", (context) => context.json(fileFacts(files.get(context.req.param("id")))));
  app.get("/:id/content", async (context) => {
    const { id } = files.get(context.req.param("id"));
    return context.body(await readFile(files.path(id, ".jsonl")), 200, { "content-type": "application/octet-stream" });
  });
  app.delete("/:id", async (context) => {
    const { id } = files.get(context.req.param("id"));
    const user = userOf(id);
    if (user !== undefined)
      throw new RequestError(400, "FILE_IN_USE", `The job "${user}" needs this file. Cancel the job first.`);
    await files.remove(id, [".jsonl"]);
    return context.json({ id, object: "file", deleted: true });
  });
  return app;
}
