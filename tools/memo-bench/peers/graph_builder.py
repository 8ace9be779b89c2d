"""A thin layer over onnx.helper: a node at a time, names made up, constants kept once."""
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20  # the first with Gelu; LayerNormalization came with 17
IR_VERSION = 10
CONTRIB = "com.microsoft"


class GraphBuilder:
    def __init__(self):
        self.nodes = []
        self.constants = {}

    def constant(self, value) -> str:
        value = numpy.ascontiguousarray(value)
        name = f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes):
        """The name of the node's output, or the names of its outputs when there are several."""
        names = [f"{kind.lower()}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def integers(self, *values: int) -> str:
        return self.constant(numpy.array(values, numpy.int64))

    def number(self, value: float) -> str:
        return self.constant(numpy.array(value, numpy.float32))

    def model(self, output: str, batch: int, length: int, hidden: int) -> bytes:
        """[batch, length] ids -> [batch, length, hidden] states"""
        self.nodes.append(helper.make_node("Identity", [output], ["states"]))
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [batch, length])
        states = helper.make_tensor_value_info("states", TensorProto.FLOAT, [batch, length, hidden])
        graph = helper.make_graph(self.nodes, "encoder", [ids], [states], list(self.constants.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()
