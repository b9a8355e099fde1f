// /v1/files: files to train on.

import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { Hono } from "hono";
import { listPage } from "../answers/list-page.ts";
import { RequestError } from "../errors.ts";
import type { FineTuning } from "../fine-tuning/fine-tuner.ts";
import { isOver } from "../fine-tuning/job.ts";
import type { JobQueue } from "../fine-tuning/job-queue.ts";
import { readUpload } from "./read-upload.ts";
import { fileFacts } from "./stored-file.ts";

export const standardFileBytes = 100 * 2 ** 20;

export function fileRoutes({ files, jobs }: JobQueue, { tuner, maxFileBytes = standardFileBytes }: FineTuning): Hono {
  const app = new Hono();
  app.post("/", async (context) => {
    const { content, ...facts } = await readUpload(context.req.raw, { tuner, maxFileBytes });
    const key = files.newKey();
    await writeFileAtomic(files.path(key.id, ".jsonl"), content);
    return context.json(fileFacts(await files.put({ ...key, ...facts, bytes: content.length })));
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
    const user = jobs.all.find((job) => !isOver(job) && [job.training_file, job.validation_file].includes(id));
    if (user !== undefined)
      throw new RequestError(400, "FILE_IN_USE", `The job "${user.id}" needs this file. Cancel the job first.`);
    await files.remove(id, [".jsonl"]);
    return context.json({ id, object: "file", deleted: true });
  });
  return app;
}
