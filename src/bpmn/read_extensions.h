// Reads bpmn:extensionElements: the zeebe extensions (namespace http://camunda.org/schema/zeebe/1.0).
//
// Extensions of other namespaces are ignored, as BPMN 8.2.3 allows. Zeebe extensions that change how an element runs
// and are not implemented are kept as unsupported; those without meaning for an engine are ignored.
#pragma once

#include "bpmn/definitions.h"
#include "xml/xml.h"

namespace baton::bpmn {

/// Reads the extensions of a flow node into `node`.
void read_node_extensions(const xml::Element& extensions, RawNode& node);

/// Reads the extensions of a process.
void read_process_extensions(const xml::Element& extensions, RawProcess& process);

/// Reads the extensions of bpmn:multiInstanceLoopCharacteristics.
void read_loop_extensions(const xml::Element& extensions, RawMultiInstance& loop,
                          std::vector<Unsupported>& unsupported);

/// Reads the extensions of a message, signal, error or escalation.
void read_event_root_extensions(const xml::Element& extensions, RawEventRoot& root,
                                std::vector<Unsupported>& unsupported);

/// Keeps every zeebe extension of an element that takes none.
void read_other_extensions(const xml::Element& extensions, std::vector<Unsupported>& unsupported);

}  // namespace baton::bpmn
