"""FHIRPath for FHIR R4: parsed once, compiled to Python, evaluated on raw JSON."""

from payerproof.guides.fhirpath.engine import Expression, compile_expression, evaluate
from payerproof.guides.fhirpath.errors import FhirPathError
from payerproof.guides.fhirpath.items import Context, Item, Model, Node

__all__ = [
    "Context",
    "Expression",
    "FhirPathError",
    "Item",
    "Model",
    "Node",
    "compile_expression",
    "evaluate",
]
