//! Rewrites a finished wasm module so that gzip makes less of it. What it does stays what it was.
//!
//! The functions are put into an order in which alike ones are near each other (`order.rs`), the hints of alignment say
//! one thing for each instruction, and imports and exports get names of a letter or two. wasm-opt does none of
//! these. The same module always becomes the same bytes.

mod names;
mod order;

pub(crate) use names::Names;

use crate::size::gzipped_len;
use order::Search;
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{CodeSection, ExportSection, FunctionSection, ImportSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionSectionReader, ImportSectionReader, MemArg,
    Parser, Payload, TypeRef,
};

/// The searches for an order: the one that comes out smallest is kept. More of them gain next to nothing.
const SEARCHES: [Search; 6] = [
    search(6, 16_000),
    search(6, 24_000),
    search(6, 32_000),
    search(7, 16_000),
    search(7, 24_000),
    search(7, 32_000),
];

const fn search(run: usize, window: usize) -> Search {
    Search { run, window }
}

/// The module as it is shipped, and what its imports and exports are called in it.
pub(crate) fn pressed(module: &[u8]) -> Result<(Vec<u8>, Names), String> {
    let outline = Outline::of(module).map_err(|error| error.to_string())?;
    let plain = Press::new(&outline, (0..outline.functions).collect()).rewrite(module)?;
    let bodies = bodies(&plain).map_err(|error| error.to_string())?;
    let mut best = (gzipped_len(&plain)?, plain);
    for search in SEARCHES {
        let order = order::order(&bodies, search);
        let candidate = Press::new(&outline, order).rewrite(module)?;
        let length = gzipped_len(&candidate)?;
        if length < best.0 {
            best = (length, candidate);
        }
    }
    Ok((best.1, outline.names))
}

/// What has to be known of a module before it is rewritten.
struct Outline {
    /// How many of its functions are imported: these have the first numbers.
    imported: usize,
    /// How many are its own.
    functions: usize,
    names: Names,
}

impl Outline {
    fn of(module: &[u8]) -> wasmparser::Result<Outline> {
        let mut outline = Outline {
            imported: 0,
            functions: 0,
            names: Names::default(),
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        outline.imported += usize::from(matches!(import.ty, TypeRef::Func(_)));
                        outline.names.add_import(import.name);
                    }
                }
                Payload::FunctionSection(functions) => {
                    outline.functions = functions.count() as usize
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        outline.names.add_export(export?.name);
                    }
                }
                _ => {}
            }
        }
        Ok(outline)
    }
}

fn bodies(module: &[u8]) -> wasmparser::Result<Vec<Vec<u8>>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(body.as_bytes().to_vec());
        }
    }
    Ok(bodies)
}

/// Writes a module again, in another order.
struct Press<'o> {
    names: &'o Names,
    /// The old numbers of the module's own functions, in their new order.
    order: Vec<usize>,
    /// The new number of every function, imported ones included.
    numbers: Vec<u32>,
}

type Rewritten<T> = Result<T, reencode::Error<Infallible>>;

impl<'o> Press<'o> {
    fn new(outline: &'o Outline, order: Vec<usize>) -> Press<'o> {
        let imported = outline.imported;
        let mut numbers: Vec<u32> = (0..).take(imported + order.len()).collect();
        for (new, &old) in (imported as u32..).zip(&order) {
            numbers[imported + old] = new;
        }
        Press {
            names: &outline.names,
            order,
            numbers,
        }
    }

    fn rewrite(mut self, module: &[u8]) -> Result<Vec<u8>, String> {
        let mut written = Module::new();
        self.parse_core_module(&mut written, Parser::new(0), module)
            .map_err(|error| error.to_string())?;
        Ok(written.finish())
    }
}

impl Reencode for Press<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Rewritten<u32> {
        Ok(self.numbers[function as usize])
    }

    /// A hint that may be wrong is allowed, and what it says is nothing to an engine on x86 and ARM.
    fn mem_arg(&mut self, mut argument: MemArg) -> Rewritten<wasm_encoder::MemArg> {
        argument.align = argument.max_align;
        utils::mem_arg(self, argument)
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Rewritten<()> {
        for import in section.into_imports() {
            let import = import?;
            let name = self.names.of_import(import.name);
            imports.import(names::IMPORTED_FROM, name, self.entity_type(import.ty)?);
        }
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: wasmparser::Export<'_>,
    ) -> Rewritten<()> {
        let kind = self.export_kind(export.kind)?;
        let index = self.external_index(export.kind, export.index)?;
        exports.export(self.names.of_export(export.name), kind, index);
        Ok(())
    }

    /// What the tools tell each other is for nobody behind them.
    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: CustomSectionReader<'_>,
    ) -> Rewritten<()> {
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Rewritten<()> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for old in self.order.clone() {
            functions.function(self.type_index(types[old])?);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Rewritten<()> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for old in self.order.clone() {
            self.parse_function_body(code, bodies[old].clone())?;
        }
        Ok(())
    }
}
