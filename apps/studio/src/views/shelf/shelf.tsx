// The shelf: every adapter that the browser keeps, and ways to get more of them.

import "./shelf.css";
import { useSignal } from "@preact/signals";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import type { ShelfFailure } from "../../state/shelf.ts";
import { Card } from "../page/card.tsx";
import { Choice } from "../page/choice.tsx";
import { FileButton } from "../page/file-button.tsx";
import { Problem } from "../page/problem.tsx";
import { UndoLine } from "../page/undo-line.tsx";
import { useStudio } from "../page/use-studio.ts";
import { useDrop } from "../top-bar/dropped-files.ts";

export function Shelf() {
  const { shelf, store, text } = useStudio();
  const words = text.value.shelf;
  const { value: entries } = shelf.entries;
  const { value: removed } = shelf.removed;
  return (
    <Card id="shelf" title={words.title} {...(entries.length > 0 ? { lead: words.lead } : {})}>
      {!store.isPersistent && <p class="problem">{words.notSaved}</p>}
      {entries.length > 0 && (
        <fieldset class="shelf-list">
          <legend class="unseen">{words.list}</legend>
          <ul>
            {entries.map((entry) => (
              <AdapterRow key={entry.id} entry={entry} />
            ))}
          </ul>
        </fieldset>
      )}
      <UndoLine words={removed && words.removed(removed.name)} onUndo={() => void shelf.undo()} />
      <ShelfProblem at="shelf" />
      <BringIn />
      {shelf.usable.value.length > 1 && <Mix />}
    </Card>
  );
}

function AdapterRow({ entry }: { readonly entry: ShelfEntry }) {
  const { shelf, chosen, model, text } = useStudio();
  const words = text.value.shelf;
  const { id, name, made } = entry;
  const isUsable = entry.model === model.facts.value?.name;
  return (
    <li class="adapter">
      <input
        type="radio"
        name="adapter"
        aria-label={name}
        checked={chosen.value?.id === id}
        disabled={!isUsable}
        onChange={() => shelf.choose(entry)}
      />
      <div>
        <input
          class="adapter-name"
          aria-label={`${words.name}: ${name}`}
          value={name}
          maxLength={60}
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
          onChange={(event) => void shelf.rename(id, event.currentTarget.value)}
        />
        <p class="quiet figure">
          {words.facts(entry)} · <time dateTime={new Date(made).toISOString()}>{words.made(made)}</time>
        </p>
        {!isUsable && <p class="quiet">{words.otherModel(entry.model)}</p>}
      </div>
      <div class="adapter-actions">
        <button type="button" class="plain" aria-label={words.removeOf(name)} onClick={() => void shelf.remove(id)}>
          {words.remove}
        </button>
      </div>
    </li>
  );
}

function BringIn() {
  const studio = useStudio();
  const { shelf } = studio;
  const words = studio.text.value.shelf;
  const repository = useSignal("");
  const isBusy = shelf.busy.value === "add" || studio.model.facts.value === undefined;
  const add = async (from: Parameters<typeof shelf.add>[0]) => {
    if (!(await shelf.add(from))) return;
    repository.value = "";
    studio.announce(words.added(shelf.chosenEntry.value?.name ?? "")); // an added adapter is chosen at once
  };
  const take = (files: readonly File[]) => files.length > 0 && void add({ files });
  const { isOver, handlers } = useDrop(take);
  return (
    <details class="shelf-more">
      <summary>{words.bringIn}</summary>
      <fieldset aria-label={words.bringIn} class={`drop ${isOver ? "over" : ""}`} {...handlers}>
        <span>{words.drop}</span>
        <FileButton
          class="plain"
          label={words.chooseFile}
          isDisabled={isBusy}
          field={{ multiple: true, "data-testid": "adapter-files" }}
          take={take}
        />
      </fieldset>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void add({ repository: repository.value });
        }}
      >
        <label>
          {words.hub}
          <input
            value={repository.value}
            placeholder={words.hubPlaceholder}
            onInput={(event) => {
              repository.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" disabled={isBusy || repository.value.trim() === ""}>
          {words.fetch}
        </button>
      </form>
      <p class="quiet" role="status">
        {shelf.busy.value === "add" && words.adding}
      </p>
      <ShelfProblem at="add" />
    </details>
  );
}

function Mix() {
  const studio = useStudio();
  const { shelf, chosen } = studio;
  const words = studio.text.value.shelf;
  const { value: usable } = shelf.usable;
  const picked = useSignal<readonly [string | undefined, string | undefined]>([undefined, undefined]);
  const share = useSignal(50);
  const known = (id: string | undefined) => usable.find((entry) => entry.id === id);
  const first = known(picked.value[0]) ?? known(chosen.value?.id) ?? usable[0];
  const second = known(picked.value[1]) ?? usable.find((entry) => entry !== first);
  if (first === undefined || second === undefined) return null;
  const mix = async () => {
    const name = words.mixName(first.name, second.name);
    const isMixed = await shelf.mix(first.id, second.id, { share: share.value / 100, name });
    if (isMixed) studio.announce(words.added(shelf.chosenEntry.value?.name ?? name));
  };
  const choice = (place: 0 | 1, label: string, current: string) => (
    <Choice
      {...{ label, isInline: false, value: current }}
      options={usable.map(({ id, name }) => [id, name])}
      onChange={(id) => {
        picked.value = place === 0 ? [id, second.id] : [first.id, id];
      }}
    />
  );
  return (
    <details class="shelf-more">
      <summary>{words.mix}</summary>
      <p class="quiet">{words.mixNote}</p>
      <div class="mix-choices">
        {choice(0, words.first, first.id)}
        {choice(1, words.second, second.id)}
      </div>
      <label>
        <span class="figure">{words.share(100 - share.value, share.value)}</span>
        <input
          type="range"
          aria-label={words.shareLabel}
          min={0}
          max={100}
          step={5}
          value={share.value}
          onInput={(event) => {
            share.value = event.currentTarget.valueAsNumber;
          }}
        />
      </label>
      <div class="row">
        <button
          type="button"
          disabled={shelf.busy.value === "mix" || first.id === second.id}
          onClick={() => void mix()}
        >
          {words.mixNow}
        </button>
        <span class="quiet" role="status">
          {shelf.busy.value === "mix" && words.mixing}
        </span>
      </div>
      <ShelfProblem at="mix" />
    </details>
  );
}

function ShelfProblem({ at }: Pick<ShelfFailure, "at">) {
  const { shelf, text } = useStudio();
  const { value: failure } = shelf.failure;
  if (failure?.at !== at) return null;
  return <Problem>{text.value.shelf.failures[failure.code ?? ""] ?? failure.message}</Problem>;
}
