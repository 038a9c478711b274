//! A graph that runs: each pull takes one batch of the root, or says that the turn is over.

use std::collections::VecDeque;

use super::compute::Env;
use super::graph::Graph;
use super::pull::{Inputs, Operator, Pull, Root};
use super::steps::operator;
use super::turn::Turn;
use crate::column::Batch;
use crate::error::Result;

/// A graph that runs.
pub(crate) struct Machine {
    slots: Vec<Slot>,
    root: usize,
}

struct Slot {
    /// Away while it works, which no circle lets it see.
    operator: Option<Box<dyn Operator>>,
    /// The vertex of each input, and which of its readers this is.
    inputs: Vec<(usize, usize)>,
    /// For each reader the batches that another one has asked for already.
    waiting: Vec<VecDeque<Batch>>,
    is_ended: bool,
}

impl Machine {
    /// Makes the steps of a checked graph ready.
    pub(crate) fn new(graph: &Graph, env: &Env) -> Result<Self> {
        let mut readers = vec![0; graph.vertices.len()];
        readers[graph.root] = 1;
        let mut slots = Vec::new();
        for vertex in &graph.vertices {
            let inputs = vertex.inputs.iter().map(|input| {
                readers[*input] += 1;
                (*input, readers[*input] - 1)
            });
            let inputs = inputs.collect();
            let widths: Vec<usize> = vertex
                .inputs
                .iter()
                .map(|input| graph.vertices[*input].width)
                .collect();
            let operator = Some(operator(&vertex.step, &widths, env, nested)?);
            slots.push(Slot {
                operator,
                inputs,
                waiting: Vec::new(),
                is_ended: false,
            });
        }
        for (slot, readers) in slots.iter_mut().zip(readers) {
            slot.waiting = vec![VecDeque::new(); readers];
        }
        Ok(Self {
            slots,
            root: graph.root,
        })
    }

    fn pull_from(&mut self, vertex: usize, reader: usize, turn: &mut Turn) -> Result<Pull> {
        let slot = &mut self.slots[vertex];
        let is_shared = slot.waiting.len() > 1;
        if is_shared && let Some(batch) = slot.waiting[reader].pop_front() {
            turn.give_back(batch.bytes());
            return Ok(Pull::Batch(batch));
        }
        if slot.is_ended {
            return Ok(Pull::End);
        }
        if turn.is_over() {
            return Ok(Pull::Pending);
        }
        let Some(mut operator) = slot.operator.take() else {
            return Ok(Pull::End);
        };
        let pulled = operator.next(
            &mut Ports {
                machine: self,
                vertex,
            },
            turn,
        );
        let slot = &mut self.slots[vertex];
        slot.operator = Some(operator);
        let pulled = pulled?;
        match &pulled {
            Pull::End => {
                slot.is_ended = true;
                slot.operator = None;
            }
            Pull::Batch(batch) if is_shared => {
                for (other, waiting) in slot.waiting.iter_mut().enumerate() {
                    if other != reader {
                        turn.hold(batch.bytes())?;
                        waiting.push_back(batch.clone());
                    }
                }
            }
            _ => {}
        }
        Ok(pulled)
    }
}

/// The inputs of a step that works.
struct Ports<'a> {
    machine: &'a mut Machine,
    vertex: usize,
}

impl Inputs for Ports<'_> {
    fn pull(&mut self, port: usize, turn: &mut Turn) -> Result<Pull> {
        match self.machine.slots[self.vertex].inputs.get(port) {
            Some((input, reader)) => {
                let (input, reader) = (*input, *reader);
                self.machine.pull_from(input, reader, turn)
            }
            None => Ok(Pull::End),
        }
    }
}

impl Root for Machine {
    fn pull(&mut self, turn: &mut Turn) -> Result<Pull> {
        self.pull_from(self.root, 0, turn)
    }
}

/// The machine of a graph, for a step that runs one.
fn nested(graph: &Graph, env: &Env) -> Result<Box<dyn Root>> {
    Ok(Box::new(Machine::new(graph, env)?))
}
