"""The story on a real cluster, through kubectl alone: ``up`` makes it, ``ClusterPlace`` is where it is told, ``down``
takes it away. What looks at the node runs in a pod there, with the agent's own account.
"""

from kubesieve.lab.cluster.agent_chart import Helm, has_key, install
from kubesieve.lab.cluster.down import down
from kubesieve.lab.cluster.kubectl import Kubectl
from kubesieve.lab.cluster.place import ClusterPlace
from kubesieve.lab.cluster.plan import Images, Plan
from kubesieve.lab.cluster.up import up

__all__ = ["ClusterPlace", "Helm", "Images", "Kubectl", "Plan", "down", "has_key", "install", "up"]
