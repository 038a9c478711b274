/** The three buffers side by side, written by one source: what each reader gets, and what it misses. */
import { useAimDb, useRecordHistory } from '@aimdb/react';
import { type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { type ReaderCounts, useReader } from './reader.js';
import { type BufferKey, RING_CAPACITY } from './records.js';
import { BURST_LENGTH, Thermometer } from './source.js';

export function Buffers() {
  const db = useAimDb();
  const source = useMemo(() => (db ? new Thermometer(db) : null), [db]);
  if (!source) return null;
  return (
    <section aria-labelledby="buffers">
      <h2 id="buffers">Three buffers, one source</h2>
      <p>
        A simulated thermometer writes each value to three records. They differ only in how the
        value moves to its readers.
      </p>
      <SourceControls source={source} />
      <div className="cards">
        <Latest />
        <Ring />
        <Mailbox />
      </div>
    </section>
  );
}

function SourceControls({ source }: { source: Thermometer }) {
  const running = useSyncExternalStore(source.subscribe, source.isRunning);
  return (
    <p className="controls">
      <button type="button" onClick={() => source.toggle()}>
        {running ? 'Stop the source' : 'Start the source'}
      </button>
      <button type="button" onClick={() => source.burst()}>
        Write {BURST_LENGTH} at once
      </button>
    </p>
  );
}

/** Values written to the record so far; read again whenever its reader is told something. */
function useWritten(key: BufferKey): number {
  return useAimDb()?.version(key) ?? 0;
}

function Card(props: { title: string; says: string; written: number; children: ReactNode }) {
  return (
    <article className="card" aria-label={props.title}>
      <h3>{props.title}</h3>
      <p>{props.says}</p>
      <dl>
        <dt>written</dt>
        <dd data-testid="written">{props.written}</dd>
      </dl>
      {props.children}
    </article>
  );
}

function Counts({ name, counts }: { name: string; counts: ReaderCounts }) {
  return (
    <dl aria-label={name}>
      <dt>{name} got</dt>
      <dd data-testid="got">{counts.got}</dd>
      <dt>newest</dt>
      <dd data-testid="last">{counts.last === null ? '–' : `${counts.last.toFixed(1)} °C`}</dd>
      {counts.missed > 0 && (
        <>
          <dt>missed</dt>
          <dd data-testid="missed" className="lag">
            {counts.missed}
          </dd>
        </>
      )}
    </dl>
  );
}

function Latest() {
  const counts = useReader('demo.latest');
  return (
    <Card
      title="SingleLatest"
      says="Only the newest counts. A burst reaches the reader as one value."
      written={useWritten('demo.latest')}
    >
      <Counts name="reader" counts={counts} />
    </Card>
  );
}

function Ring() {
  const counts = useReader('demo.ring');
  const kept = useRecordHistory('demo.ring', RING_CAPACITY);
  return (
    <Card
      title={`SpmcRing of ${RING_CAPACITY}`}
      says="Keeps the last ones. A reader that is too slow is told how many it missed."
      written={useWritten('demo.ring')}
    >
      <Counts name="reader" counts={counts} />
      <ol className="slots" aria-label="kept, oldest first">
        {Array.from({ length: RING_CAPACITY }, (_, slot) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
          <li key={slot}>{kept[slot]?.celsius.toFixed(1) ?? ''}</li>
        ))}
      </ol>
    </Card>
  );
}

function Mailbox() {
  const first = useReader('demo.mailbox');
  const second = useReader('demo.mailbox');
  return (
    <Card
      title="Mailbox"
      says="One slot, overwritten until taken. Of several readers exactly one gets each value."
      written={useWritten('demo.mailbox')}
    >
      <Counts name="reader A" counts={first} />
      <Counts name="reader B" counts={second} />
    </Card>
  );
}
