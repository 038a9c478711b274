/** The machine that the server runs on: processor, memory, disk, network. */
import { useRecord, useRecordHistory } from '@aimdb/react';
import type { RecordKey, RecordValue } from '@aimdb/wasm';
import { useMemo } from 'react';
import { Chart } from '../chart.js';
import { bytes, bytesText, fixed } from '../format.js';
import { Big, Fact, Meter, Panel } from '../panel.js';
import { HISTORY_LENGTH } from '../records.js';

const percentText = (value: number) => `${fixed(value, 0)} %`;
const axisBytes = (value: number) => bytesText(value).replace(/\.0+(?= )|(?<=\.\d)0(?= )/, '');
const rateText = (value: number) => `${bytesText(value)}/s`;
const PERCENT: readonly [number, number] = [0, 100];

/** The history of one field as points over time; the same array while the record is the same. */
export function usePoints<K extends RecordKey>(
  key: K,
  field: (value: RecordValue<K>) => readonly [timeMs: number, value: number],
) {
  const history = useRecordHistory(key, HISTORY_LENGTH);
  return useMemo(() => history.map(field), [history, field]);
}

export function Processor() {
  const cpu = useRecord('hosts.local.cpu');
  const points = usePoints('hosts.local.cpu', cpuPoint);
  const series = useMemo(() => [{ label: 'cpu', color: 'blue', points }] as const, [points]);
  return (
    <Panel title="Processor" area="cpu" follows="hosts.local.cpu">
      <Big value={cpu && fixed(cpu.percent, 1)} unit="%" />
      <dl className="facts">
        <Fact label="load, 1 min">{cpu ? fixed(cpu.load_1m, 2) : '–'}</Fact>
        <Fact label="cores">{cpu ? cpu.cores : '–'}</Fact>
      </dl>
      <Chart series={series} format={percentText} range={PERCENT} />
    </Panel>
  );
}

const cpuPoint = (value: RecordValue<'hosts.local.cpu'>) =>
  [value.timestamp, value.percent] as const;

export function Memory() {
  const memory = useRecord('hosts.local.memory');
  const points = usePoints('hosts.local.memory', memoryPoint);
  const series = useMemo(() => [{ label: 'memory', color: 'violet', points }] as const, [points]);
  return (
    <Panel title="Memory" area="memory" follows="hosts.local.memory">
      <Big value={memory && fixed(memory.percent, 1)} unit="%" />
      <dl className="facts">
        <Fact label="used">
          {memory ? `${bytesText(memory.used_bytes)} of ${bytesText(memory.total_bytes)}` : '–'}
        </Fact>
        <Fact label="swap">{memory ? bytesText(memory.swap_used_bytes) : '–'}</Fact>
      </dl>
      <Chart series={series} format={percentText} range={PERCENT} />
    </Panel>
  );
}

const memoryPoint = (value: RecordValue<'hosts.local.memory'>) =>
  [value.timestamp, value.percent] as const;

export function Disk() {
  const disk = useRecord('hosts.local.disk');
  const reads = usePoints('hosts.local.disk', readPoint);
  const writes = usePoints('hosts.local.disk', writtenPoint);
  const series = useMemo(
    () =>
      [
        { label: 'read', color: 'amber', points: reads },
        { label: 'write', color: 'rose', points: writes },
      ] as const,
    [reads, writes],
  );
  return (
    <Panel title="Disk" area="disk" follows="hosts.local.disk">
      <Big value={disk && fixed(disk.percent, 1)} unit="% full" />
      <Meter percent={disk?.percent ?? 0} label="Disk space in use" />
      <dl className="facts">
        <Fact label="used">
          {disk ? `${bytesText(disk.used_bytes)} of ${bytesText(disk.total_bytes)}` : '–'}
        </Fact>
        <Fact label="read" swatch="amber">
          {disk ? rateText(disk.read_bytes_per_second) : '–'}
        </Fact>
        <Fact label="write" swatch="rose">
          {disk ? rateText(disk.write_bytes_per_second) : '–'}
        </Fact>
      </dl>
      <Chart series={series} format={axisBytes} fromZero spanMin={1000} />
    </Panel>
  );
}

const readPoint = (value: RecordValue<'hosts.local.disk'>) =>
  [value.timestamp, value.read_bytes_per_second] as const;
const writtenPoint = (value: RecordValue<'hosts.local.disk'>) =>
  [value.timestamp, value.write_bytes_per_second] as const;

export function Network() {
  const network = useRecord('hosts.local.network');
  const received = usePoints('hosts.local.network', receivedPoint);
  const sent = usePoints('hosts.local.network', sentPoint);
  const series = useMemo(
    () =>
      [
        { label: 'in', color: 'teal', points: received },
        { label: 'out', color: 'amber', points: sent },
      ] as const,
    [received, sent],
  );
  const arriving = network && bytes(network.received_bytes_per_second);
  return (
    <Panel title="Network" area="network" follows="hosts.local.network">
      <Big value={arriving?.value ?? null} unit={`${arriving?.unit ?? 'B'}/s in`} />
      <dl className="facts">
        <Fact label="in" swatch="teal">
          {network ? rateText(network.received_bytes_per_second) : '–'}
        </Fact>
        <Fact label="out" swatch="amber">
          {network ? rateText(network.sent_bytes_per_second) : '–'}
        </Fact>
      </dl>
      <Chart series={series} format={axisBytes} fromZero spanMin={1000} />
    </Panel>
  );
}

const receivedPoint = (value: RecordValue<'hosts.local.network'>) =>
  [value.timestamp, value.received_bytes_per_second] as const;
const sentPoint = (value: RecordValue<'hosts.local.network'>) =>
  [value.timestamp, value.sent_bytes_per_second] as const;
