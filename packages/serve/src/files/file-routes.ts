// /v1/files: files to train on.

import { open, readFile, rename } from "node:fs/promises";
import { Hono } from "hono";
import { RequestError } from "../errors.ts";
import type { Client } from "../front/start-front.ts";
import { listPage } from "../requests/list-page.ts";
import { type CheckRows, checkUpload } from "./check-upload.ts";
import type { ObjectStore } from "./object-store.ts";
import { fileFacts, type StoredFile } from "./stored-file.ts";

export interface FileParts {
  readonly files: ObjectStore<StoredFile>;
  readonly check: CheckRows;
  /** Maximum number of stored files, and of their bytes. */
  readonly quota: { readonly files: number; readonly bytes: number };
  /** The id of a job that needs a file. */
  userOf(file: string): string | undefined;
}

export function fileRoutes({ files, userOf, check, quota }: FileParts): Hono<{ Bindings: Client }> {
  const app = new Hono<{ Bindings: Client }>();
  app.post("/", async (context) => {
    const { upload } = context.env;
    const stored = files.all.reduce((sum, { bytes }) => sum + bytes, upload?.bytes ?? 0);
    if (files.all.length >= quota.files || stored > quota.bytes)
      throw new RequestError(
        413,
        "STORAGE_FULL",
        `The server keeps at most ${quota.files} files of ${quota.bytes} bytes in all. Delete files that no job needs.`,
        "file",
      );
    const facts = await checkUpload(context.req.raw, upload, check);
    const key = files.newKey();
    try {
      await moveSynced(upload?.path ?? "", files.path(key.id, ".jsonl"));
      return context.json(fileFacts(await files.put({ ...key, ...facts })));
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

/** Moves a file in its file system, after its content is certainly on the disk. */
async function moveSynced(from: string, to: string): Promise<void> {
  const file = await open(from, "r+");
  await file.sync().finally(() => file.close());
  await rename(from, to);
}
