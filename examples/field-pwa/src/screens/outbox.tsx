/** Everything that this device has written, by where it is. */
import type { DeadWrite, WaitingWrite } from '@aimdb/wasm';
import { useOutbox } from '../context.js';
import { type Done, keyOf } from '../outbox.js';
import { useNow } from '../parts/clock.js';
import { Empty } from '../parts/empty.js';
import { FailedActions, why } from '../parts/failed.js';
import { clockTime } from '../parts/format.js';
import { Icon } from '../parts/icons.js';
import { StateChip, stateOf } from '../parts/state.js';
import { wordsOf } from '../parts/words.js';

export function OutboxScreen() {
  const { waiting, letters, done } = useOutbox();
  const isEmpty = waiting.length + letters.length + done.length === 0;
  return (
    <>
      <h1>Outbox</h1>
      {isEmpty && (
        <Empty icon="outbox" title="Nothing is waiting">
          What you enter passes through here: first on this device, then with the server.
        </Empty>
      )}
      <div className="columns">
        <Group title="Needs you" writes={letters} />
        <Group title="On the way" writes={waiting} />
        <Group title="Done" writes={done} />
      </div>
    </>
  );
}

type Write = WaitingWrite | Done | DeadWrite;

function Group({ title, writes }: { title: string; writes: readonly Write[] }) {
  if (writes.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="group">{title}</h2>
      <ul className="list">
        {writes.map((write) => (
          <Line key={write.write} write={write} />
        ))}
      </ul>
    </section>
  );
}

function Line({ write }: { write: Write }) {
  const now = useNow();
  const { value } = write;
  const { title, icon } = wordsOf(keyOf(write), value);
  const expiresAt = 'status' in write ? write.expiresAt : undefined;
  const left = expiresAt === undefined ? 0 : Math.ceil((expiresAt - now) / 1000);
  const at = 'at' in write ? write.at : undefined;
  const made = (value as { timestamp?: number } | undefined)?.timestamp ?? at;
  return (
    <li>
      <div className="line">
        <span className="badge">
          <Icon name={icon} size={20} />
        </span>
        <div className="what">
          <b>{title}</b>
          <div className="meta">
            <span>
              {made !== undefined && clockTime(made)}
              {left > 0 && `, ${left} s left`}
            </span>
            <StateChip state={stateOf(write)} />
          </div>
        </div>
      </div>
      {'payload' in write && <p className="why">{why(write)}</p>}
      {'payload' in write && <FailedActions letter={write} />}
    </li>
  );
}
