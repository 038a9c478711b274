/** Everything that this device has written, by where it is. */
import type { ReactNode } from 'react';
import { useOutbox } from '../context.js';
import { useNow } from '../parts/clock.js';
import { Empty } from '../parts/empty.js';
import { FailedActions, why } from '../parts/failed.js';
import { clockTime } from '../parts/format.js';
import { Icon } from '../parts/icons.js';
import { StateChip, type WriteState } from '../parts/state.js';
import { wordsOf } from '../parts/words.js';

export function OutboxScreen() {
  const { waiting, letters, ended } = useOutbox();
  const isEmpty = waiting.length + letters.length + ended.length === 0;
  return (
    <>
      <h1>Outbox</h1>
      {isEmpty && (
        <Empty icon="outbox" title="Nothing is waiting">
          What you enter passes through here: first on this device, then with the server.
        </Empty>
      )}
      <div className="columns">
        {letters.length > 0 && (
          <Group title="Needs you">
            {letters.map((each) => (
              <Line key={`${each.client}/${each.id}`} of={each.letter.key} {...shown(each.letter)}>
                <p className="why">{why(each.letter)}</p>
                <FailedActions letter={each} />
              </Line>
            ))}
          </Group>
        )}
        {waiting.length > 0 && (
          <Group title="On the way">
            {waiting.map((each) => (
              <Line key={each.write} of={each.key} {...shown(each)} />
            ))}
          </Group>
        )}
        {ended.length > 0 && (
          <Group title="Done">
            {ended.map((each) => (
              <Line key={each.write} of={each.key} {...shown(each)} />
            ))}
          </Group>
        )}
      </div>
    </>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className="group">{title}</h2>
      <ul className="list">{children}</ul>
    </section>
  );
}

/** All but its key, which is a name that React has for itself. */
function shown<T extends { readonly key: string }>({ key: _, ...rest }: T): Omit<T, 'key'> {
  return rest;
}

interface LineProps {
  /** The record that was written. */
  readonly of: string;
  readonly value: unknown;
  readonly state: WriteState;
  readonly at?: number;
  readonly expiresAt?: number | undefined;
  readonly children?: ReactNode;
}

function Line({ of, value, state, at, expiresAt, children }: LineProps) {
  const now = useNow();
  const { title, icon } = wordsOf(of, value);
  const made = (value as { timestamp?: number } | undefined)?.timestamp ?? at;
  const left = expiresAt === undefined ? null : Math.ceil((expiresAt - now) / 1000);
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
              {left !== null && left > 0 && `, worthless in ${left} s`}
            </span>
            <StateChip state={state} />
          </div>
        </div>
      </div>
      {children}
    </li>
  );
}
