"""The console's URLs. The page polls `state/`."""

from django.urls import path

from app.devstack.console import views

app_name = "console"
urlpatterns = [
    path("", views.page, name="page"),
    path("state/", views.state, name="state"),
    path("qr.svg", views.qr_code, name="qr"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/deliver/", views.deliver_again, name="deliver"),
    path("events/<int:event_id>/replay/", views.replay_event, name="replay"),
    path("emails/<str:name>/", views.email, name="email"),
    path("faults/", views.faults, name="faults"),
    path("doctor/", views.doctor, name="doctor"),
]
