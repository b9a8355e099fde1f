// /v1/fine_tuning/jobs

import { randomInt } from "node:crypto";
import { Hono } from "hono";
import { eventStream } from "../answers/error-answer.ts";
import { InvalidRequestError, RequestError } from "../errors.ts";
import { type BodyLimits, readJson } from "../guards/read-json.ts";
import { listPage } from "../requests/list-page.ts";
import { isOver, type Job, jobFacts } from "./job.ts";
import type { JobQueue } from "./job-queue.ts";
import { type JobRequest, jobRequest } from "./job-request.ts";

interface RouteParts {
  readonly limits: BodyLimits;
  readonly baseName: string;
  /** Aborted when the server stops. */
  readonly ended: AbortSignal;
}

const maxUnfinished = 100;
const pageLimits = { standard: 20, max: 1000 };

export function fineTuningRoutes(queue: JobQueue, { limits, baseName, ended }: RouteParts): Hono {
  const { jobs } = queue;
  const app = new Hono();
  const facts = (job: Job) => jobFacts(job, queue.finishOf(job.id));
  app.post("/", async (context) => {
    const request = jobRequest(await readJson(context.req.raw, limits));
    if (request.grader !== undefined) queue.checkGrader(request.grader);
    checkFiles(request, queue);
    if (request.model !== baseName && !jobs.all.some(({ fine_tuned_model: name }) => name === request.model)) {
      const message = `Cannot fine-tune "${request.model}". Use "${baseName}", or the fine_tuned_model of a job.`;
      throw new RequestError(400, "MODEL_NOT_AVAILABLE", message, "model");
    }
    if (jobs.all.filter((job) => !isOver(job)).length >= maxUnfinished)
      throw new RequestError(429, "TOO_MANY_JOBS", `${maxUnfinished} jobs are waiting. Try again when one has ended.`);
    const nothing = { fine_tuned_model: null, finished_at: null, trained_tokens: null, error: null };
    const seed = request.seed ?? randomInt(2 ** 31);
    return context.json(facts(await queue.add({ ...jobs.newKey(), ...request, ...nothing, seed, status: "queued" })));
  });
  app.get("/", (context) => {
    const query = context.req.query();
    const wanted = Object.entries(query).flatMap(([name, value]) => {
      const key = /^metadata\[(.*)\]$/.exec(name)?.[1];
      return key === undefined ? [] : [[key, value] as const];
    });
    const found = jobs.all.filter(({ metadata }) => wanted.every(([key, value]) => metadata?.[key] === value));
    return context.json(listPage(found.map(facts).reverse(), query, pageLimits));
  });
  app.get("/:id", (context) => context.json(facts(jobs.get(context.req.param("id")))));
  for (const command of ["cancel", "pause", "resume"] as const) {
    app.post(`/:id/${command}`, async (context) =>
      context.json(facts(await queue.command(context.req.param("id"), command))),
    );
  }
  app.get("/:id/events", async (context) => {
    const { id } = jobs.get(context.req.param("id"));
    const { stream, ...query } = context.req.query();
    if (stream !== "true") return context.json(listPage([...(await queue.eventsOf(id))].reverse(), query, pageLimits));
    const left = new AbortController();
    const signal = AbortSignal.any([context.req.raw.signal, ended, left.signal]);
    const body = eventStream(queue.follow(id, signal), () => left.abort());
    return context.body(body, 200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  });
  app.get("/:id/checkpoints", async (context) => {
    const { id } = jobs.get(context.req.param("id"));
    return context.json(listPage(await checkpointsOf(id, queue), context.req.query(), { standard: 10, max: 100 }));
  });
  return app;
}

/** Throws InvalidRequestError unless both files have rows for the method. */
function checkFiles({ method, training_file, validation_file }: JobRequest, { files }: JobQueue): void {
  const faults = Object.entries({ training_file, validation_file }).flatMap(([param, id]) => {
    if (id === null) return [];
    const found = files.all.find((file) => file.id === id);
    if (found === undefined) return [{ param, fault: `there is no file "${id.slice(0, 100)}". Upload it first` }];
    return found.method === method
      ? []
      : [{ param, fault: `its rows are for the method "${found.method}", not for "${method}"` }];
  });
  if (faults.length > 0) throw new InvalidRequestError(faults);
}

/** The adapter of the finished job: earlier ones are not kept. */
async function checkpointsOf(id: string, queue: JobQueue) {
  const { fine_tuned_model, finished_at } = queue.jobs.get(id);
  if (fine_tuned_model === null) return [];
  const metrics = (await queue.eventsOf(id)).filter(({ type }) => type === "metrics").map(({ data }) => data);
  const step_number = metrics.at(-1)?.step ?? 0;
  const last = Object.assign({}, ...metrics.filter(({ step }) => step === step_number));
  const facts = { object: "fine_tuning.job.checkpoint", id: id.replace("ftjob-", "ftckpt-"), created_at: finished_at };
  const model = { fine_tuned_model_checkpoint: fine_tuned_model, fine_tuning_job_id: id };
  return [{ ...facts, ...model, step_number, metrics: { ...last, tokens: undefined, total_steps: undefined } }];
}
