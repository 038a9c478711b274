/** What `@aimdb/wasm/storage` takes and gives. */
import type { AimDbError } from '../errors.js';

export interface StorageOptions {
  /** Which storage of this origin: 1 to 256 characters, `default` by default. Each has a device id of its own. */
  readonly name?: string;
  /** Whose entries these are: 1 to 256 characters. Those of others are neither given nor changed. */
  readonly user?: string;
  /** Bytes of this user's cache: 1,024 to 2^30, 32 MiB by default. */
  readonly cacheBytesMax?: number;
  /** Entries of this user's outbox: 1 to 100,000, which is the default. */
  readonly outboxEntriesMax?: number;
  /** Bytes of this user's outbox: 1,024 to 64 MiB, which is the default. */
  readonly outboxBytesMax?: number;
  /** Hears of notices from the first one on, those of the opening among them. */
  readonly onNotice?: (notice: StorageNotice) => void;
}

/** This device: all tabs of an origin that open a storage of one name. */
export interface Device {
  /** 128 random bits: 32 digits of hex. */
  readonly id: string;
  /** How often a sender took over. */
  readonly epoch: number;
}

/** A write that waits for its answer. */
export interface OutboxEntry<T = unknown> {
  readonly client: string;
  readonly id: number;
  /** Whether a byte of it may have left. */
  readonly handedOver: boolean;
  readonly entry: T;
}

/** One change of the outbox. Each may be done again without harm. */
export type OutboxOperation<T = unknown> =
  /** Stores an entry, or another one in its place. One that was handed over stays so. */
  | {
      readonly op: 'put';
      readonly client: string;
      readonly id: number;
      readonly entry: T;
      readonly handedOver?: boolean;
    }
  /** Marks an entry before its first byte leaves; nothing where there is none. */
  | { readonly op: 'handOver'; readonly client: string; readonly id: number }
  /** Removes an entry; with a letter, which then lies among the dead letters, in the same transaction. */
  | {
      readonly op: 'remove';
      readonly client: string;
      readonly id: number;
      readonly letter?: unknown;
    }
  /** Removes a dead letter; nothing where there is none. */
  | { readonly op: 'forget'; readonly client: string; readonly id: number };

/** The last value or the past of a topic. */
export interface CacheEntry<V = unknown> {
  /** 1 to 1,024 characters. */
  readonly key: string;
  /** At most 4 MiB. */
  readonly value: V;
  /** What tells whether the value is current, such as an instance and a sequence. */
  readonly version?: unknown;
}

/** A write that came to nothing. */
export interface DeadLetter<L = unknown> {
  readonly client: string;
  readonly id: number;
  readonly letter: L;
}

/** Bytes; `usage` and `quota` are the browser's for the whole origin, where it tells them. */
export interface StorageEstimate {
  readonly usage: number | undefined;
  readonly quota: number | undefined;
  readonly outboxEntries: number;
  readonly outboxBytes: number;
  readonly cacheBytes: number;
  readonly deadLetterBytes: number;
}

/** Something that happened to the storage and that nobody asked for. */
export type StorageNotice =
  /** The browser closed the database; it is open again, and nothing was lost. */
  | { readonly kind: 'reopened'; readonly cause: string }
  /** There is no room for something: `error.reason` is `quota`, or the limit. Told once, until there is room again. */
  | { readonly kind: 'full'; readonly what: 'outbox' | 'cache'; readonly error: AimDbError }
  /** Other tabs hold the database open in an older layout, or this one is too old for it. */
  | { readonly kind: 'blocked'; readonly error: AimDbError | undefined }
  /** Contents are gone: `device` is who this is from now on. `rescued` rows can be had by `rescued()`. */
  | {
      readonly kind: 'wiped';
      readonly what: readonly ('outbox' | 'cache' | 'deadLetters')[];
      readonly why: 'deleted' | 'broken';
      readonly rescued: number;
      readonly device: Device;
    }
  /** The oldest went to make room. */
  | {
      readonly kind: 'evicted';
      readonly what: 'cache' | 'deadLetters';
      readonly why: 'limit' | 'quota';
      readonly entries: number;
      readonly bytes: number;
    };
