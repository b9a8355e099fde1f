// Trying the adapter: the conversation, the message field, and the adapter's strength.

import "./try.css";
import type { ChatSettings } from "../../state/chat.ts";
import { Card } from "../page/card.tsx";
import { Problem } from "../page/problem.tsx";
import { useStudio } from "../page/use-studio.ts";
import { Conversation } from "./conversation.tsx";

export function Try() {
  const { chat, chosen, text } = useStudio();
  const { trying } = text.value;
  const isFolded = chosen.value === undefined && chat.exchanges.value.length === 0;
  return (
    <Card id="try" title={trying.title} lead={trying.lead} place="wide" isFolded={isFolded}>
      {chat.chats.value === false && <p class="quiet">{trying.leadSingle}</p>}
      {chosen.value && <Strength />}
      <Conversation />
      <AskField />
      <Problem>{chat.failure.value}</Problem>
      <WritingSettings />
    </Card>
  );
}

function AskField() {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  const { value: length } = chat.length;
  const isTooLong = chat.isTooLong.value;
  const send = (event: Event) => {
    event.preventDefault();
    void chat.send();
  };
  return (
    <form class="ask" onSubmit={send}>
      <label for="ask">{trying.ask}</label>
      <textarea
        id="ask"
        rows={2}
        value={chat.draft.value}
        placeholder={chat.chats.value === false ? trying.placeholderPlain : trying.placeholderChat}
        aria-describedby="ask-length"
        aria-invalid={isTooLong}
        onInput={(event) => {
          chat.draft.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          send(event);
        }}
      />
      <div class="row spread">
        <p id="ask-length" class={isTooLong ? "problem" : "quiet figure"} role={isTooLong ? "alert" : undefined}>
          {length && (isTooLong ? trying.tooLong(length.tokens, length.max) : trying.length(length.tokens, length.max))}
        </p>
        <div class="row">
          {chat.isTraining.value && <span class="quiet">{trying.training}</span>}
          {chat.tokensPerSecond.value > 0 && (
            <span class="quiet figure">{trying.speed(chat.tokensPerSecond.value)}</span>
          )}
          {chat.isAnswering.value ? (
            <button type="button" onClick={() => chat.stop()}>
              {trying.stop}
            </button>
          ) : (
            <button type="submit" class="main" disabled={!chat.canSend.value}>
              {trying.send}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

function Strength() {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  const { strength } = chat.settings.value;
  return (
    <div class="strength">
      <label for="strength">{trying.strength}</label>
      <input
        id="strength"
        type="range"
        min="0"
        max="2"
        step="0.1"
        list="strength-marks"
        value={strength}
        aria-valuetext={trying.strengthNote(strength)}
        onInput={(event) => chat.set({ strength: Number(event.currentTarget.value) })}
      />
      <datalist id="strength-marks">
        {[0, 1, 2].map((mark) => (
          <option key={mark} value={mark} />
        ))}
      </datalist>
      <output class="quiet figure" for="strength">
        {trying.strengthNote(strength)}
      </output>
    </div>
  );
}

/** `least`, `most`, `step`: what the field takes. */
interface NumberField {
  readonly name: Exclude<keyof ChatSettings, "strength">;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const fields: readonly NumberField[] = [
  { name: "temperature", min: 0, max: 2, step: 0.1 },
  { name: "topP", min: 0.05, max: 1, step: 0.05 },
  { name: "maxNewTokens", min: 1, max: 512, step: 1 },
  { name: "seed", min: 0, max: 2 ** 32 - 1, step: 1 },
];

function WritingSettings() {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  return (
    <details class="writing-settings">
      <summary>{trying.more}</summary>
      <div class="row">
        {fields.map(({ name, min, max, step }) => (
          <label key={name}>
            {trying[name]}
            <input
              type="number"
              min={min}
              max={max}
              step={step}
              value={chat.settings.value[name]}
              onChange={(event) => {
                const { valueAsNumber } = event.currentTarget;
                const value = Number.isFinite(valueAsNumber) ? Math.min(max, Math.max(min, valueAsNumber)) : min;
                chat.set({ [name]: step === 1 ? Math.round(value) : value });
                event.currentTarget.value = String(chat.settings.value[name]);
              }}
            />
          </label>
        ))}
      </div>
      <p class="quiet">{trying.temperatureNote(chat.settings.value.temperature)}</p>
    </details>
  );
}
